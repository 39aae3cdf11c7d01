// Calls that have a number and hardly anybody who makes them.
#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/families.h"

namespace cotrace::engines::syscall_log {

namespace {

using namespace words;  // NOLINT(google-build-using-namespace): what the table below is written in

constexpr Argument plain = hexadecimal;

constexpr Signature table[] = {
    {"_sysctl", {plain}},
    {"afs_syscall", {plain, plain, plain, plain, plain}},
    {"create_module", {plain, plain}},
    {"epoll_ctl_old", {plain, plain, plain, plain}},
    {"epoll_wait_old", {plain, plain, plain, plain}},
    {"get_kernel_syms", {plain}},
    {"get_thread_area", {plain}},
    {"getpmsg", {plain, plain, plain, plain, plain}},
    {"modify_ldt", {plain, plain, plain}},
    {"nfsservctl", {plain, plain, plain}},
    {"putpmsg", {plain, plain, plain, plain, plain}},
    {"query_module", {plain, plain, plain, plain, plain}},
    {"security", {plain, plain, plain}},
    {"set_thread_area", {plain}},
    {"sysfs", {plain, plain, plain}},
    {"tuxcall", {plain, plain, plain}},
    {"ustat", {plain, plain}},
    {"vserver", {plain, plain, plain, plain, plain}},
};

}  // namespace

Signatures plain_calls() {
  return table;
}

}  // namespace cotrace::engines::syscall_log
