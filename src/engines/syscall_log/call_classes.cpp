#include "engines/syscall_log/call_classes.h"

#include <algorithm>
#include <array>
#include <span>

#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/calls.h"

namespace cotrace::engines::syscall_log {

namespace {

using Calls = std::span<const std::string_view>;

constexpr std::string_view process_class[] = {"clone",
                                              "clone3",
                                              "fork",
                                              "vfork",
                                              "execve",
                                              "execveat",
                                              "exit",
                                              "exit_group",
                                              "waitpid",
                                              "wait4",
                                              "waitid",
                                              "kill",
                                              "tkill",
                                              "tgkill",
                                              "rt_sigqueueinfo",
                                              "rt_tgsigqueueinfo",
                                              "pidfd_send_signal"};
constexpr std::string_view network_class[] = {
    "socket",   "socketpair", "bind",       "connect",    "listen",      "accept",      "accept4",
    "shutdown", "sendto",     "send",       "recvfrom",   "recv",        "sendmsg",     "recvmsg",
    "sendmmsg", "recvmmsg",   "getsockopt", "setsockopt", "getsockname", "getpeername", "socketcall",
    "sendfile", "sendfile64", "getpmsg",    "putpmsg"};
constexpr std::string_view signal_class[] = {"kill",
                                             "tkill",
                                             "tgkill",
                                             "pause",
                                             "signal",
                                             "sigaction",
                                             "sigsuspend",
                                             "sigpending",
                                             "sigreturn",
                                             "sigprocmask",
                                             "sgetmask",
                                             "ssetmask",
                                             "sigaltstack",
                                             "rt_sigreturn",
                                             "rt_sigaction",
                                             "rt_sigprocmask",
                                             "rt_sigpending",
                                             "rt_sigtimedwait",
                                             "rt_sigtimedwait_time64",
                                             "rt_sigqueueinfo",
                                             "rt_sigsuspend",
                                             "rt_tgsigqueueinfo",
                                             "signalfd",
                                             "signalfd4",
                                             "pidfd_send_signal"};
constexpr std::string_view ipc_class[] = {
    "ipc",    "shmget", "shmat",  "shmdt",  "shmctl", "semget", "semop", "semtimedop", "semtimedop_time64",
    "semctl", "msgget", "msgsnd", "msgrcv", "msgctl"};
constexpr std::string_view memory_class[] = {"brk",
                                             "mmap",
                                             "mmap2",
                                             "munmap",
                                             "mprotect",
                                             "pkey_mprotect",
                                             "mremap",
                                             "madvise",
                                             "msync",
                                             "mincore",
                                             "mlock",
                                             "mlock2",
                                             "munlock",
                                             "mlockall",
                                             "munlockall",
                                             "mbind",
                                             "set_mempolicy",
                                             "get_mempolicy",
                                             "migrate_pages",
                                             "move_pages",
                                             "remap_file_pages",
                                             "shmat",
                                             "shmdt",
                                             "process_madvise",
                                             "set_mempolicy_home_node",
                                             "process_mrelease",
                                             "io_setup",
                                             "io_destroy"};
constexpr std::string_view creds_class[] = {
    "getuid",      "geteuid",     "getgid",      "getegid",    "setuid",     "setgid",      "setreuid",
    "setregid",    "setresuid",   "setresgid",   "getresuid",  "getresgid",  "setfsuid",    "setfsgid",
    "getgroups",   "setgroups",   "capget",      "capset",     "prctl",      "getuid32",    "geteuid32",
    "getgid32",    "getegid32",   "setuid32",    "setgid32",   "setreuid32", "setregid32",  "setresuid32",
    "setresgid32", "getresuid32", "getresgid32", "setfsuid32", "setfsgid32", "getgroups32", "setgroups32"};
constexpr std::string_view clock_class[] = {"time",
                                            "stime",
                                            "times",
                                            "gettimeofday",
                                            "settimeofday",
                                            "adjtimex",
                                            "clock_gettime",
                                            "clock_settime",
                                            "clock_getres",
                                            "clock_adjtime",
                                            "clock_gettime64",
                                            "clock_settime64",
                                            "clock_getres_time64",
                                            "clock_adjtime64"};
constexpr std::string_view stat_class[] = {"stat", "stat64", "oldstat"};
constexpr std::string_view lstat_class[] = {"lstat", "lstat64", "oldlstat"};
constexpr std::string_view fstat_class[] = {"fstat", "fstat64", "oldfstat", "fstatat64", "newfstatat"};
constexpr std::string_view all_stat_class[] = {"stat",     "stat64",    "oldstat",    "lstat",
                                               "lstat64",  "oldlstat",  "fstat",      "fstat64",
                                               "oldfstat", "fstatat64", "newfstatat", "statx"};
constexpr std::string_view statfs_class[] = {"statfs", "statfs64"};
constexpr std::string_view fstatfs_class[] = {"fstatfs", "fstatfs64"};
constexpr std::string_view all_statfs_class[] = {"statfs", "statfs64", "fstatfs", "fstatfs64", "ustat"};
constexpr std::string_view pure_class[] = {"getpid",    "getppid",  "gettid",   "getuid",  "geteuid",
                                           "getgid",    "getegid",  "getpgrp",  "getpgid", "getuid32",
                                           "geteuid32", "getgid32", "getegid32"};

struct CallClass {
  std::string_view name;
  Calls calls;
};

constexpr CallClass classes[] = {
    {"process", process_class}, {"network", network_class}, {"net", network_class},
    {"signal", signal_class},   {"ipc", ipc_class},         {"memory", memory_class},
    {"creds", creds_class},     {"clock", clock_class},     {"stat", stat_class},
    {"lstat", lstat_class},     {"fstat", fstat_class},     {"%stat", all_stat_class},
    {"statfs", statfs_class},   {"fstatfs", fstatfs_class}, {"%statfs", all_statfs_class},
    {"pure", pure_class},
};

// Calls on descriptors whose arguments do not show that they are.
constexpr std::string_view more_on_descriptors[] = {"poll", "ppoll", "select", "pselect6", "_newselect"};

bool takes(std::string_view call, std::span<const PrintArgument> printers) {
  const Signature* signature = signature_of(call);
  if (signature == nullptr) return false;
  return std::ranges::any_of(signature->arguments, [&](const Argument& argument) {
    return argument.print != nullptr && std::ranges::find(printers, argument.print) != printers.end();
  });
}

// Whatever names a file.
bool on_files(std::string_view call) {
  constexpr std::array<PrintArgument, 2> printers{print_path, print_path_out};
  return takes(call, printers);
}

// Whatever takes a descriptor or makes one, but for sockets, which have a class of their own.
bool on_descriptors(std::string_view call) {
  constexpr std::array<PrintArgument, 3> printers{print_descriptor, print_directory, print_descriptor_pair};
  if (std::ranges::find(more_on_descriptors, call) != std::end(more_on_descriptors)) return true;
  if (std::ranges::find(network_class, call) != std::end(network_class)) return call.starts_with("sendfile");
  const Signature* signature = signature_of(call);
  return takes(call, printers) || (signature != nullptr && signature->returns == Returns::descriptor);
}

}  // namespace

bool is_call_class(std::string_view name) {
  return name == "file" || name == "desc" ||
         std::ranges::find(classes, name, &CallClass::name) != std::end(classes);
}

bool in_call_class(std::string_view name, std::string_view call) {
  if (name == "file") return on_files(call);
  if (name == "desc") return on_descriptors(call);
  const auto* at = std::ranges::find(classes, name, &CallClass::name);
  return at != std::end(classes) && std::ranges::find(at->calls, call) != at->calls.end();
}

}  // namespace cotrace::engines::syscall_log
