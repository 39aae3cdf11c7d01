// The machine as a whole: names, load, modules, reboot; seccomp, bpf and other interfaces of the kernel.
#include <linux/sysinfo.h>
#include <sys/utsname.h>

#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/families.h"
#include "engines/syscall_log/flag_tables.h"
#include "engines/syscall_log/open_flags.h"
#include "engines/syscall_log/text.h"

namespace cotrace::engines::syscall_log {

namespace {

template <std::size_t Size>
std::string field_text(const char (&field)[Size]) {
  const std::string_view whole(field, Size);
  return quoted(whole.substr(0, whole.find('\0')));
}

std::string names_text(Printer& to, const utsname& names) {
  auto out =
      fmt::format("{{sysname={}, nodename={}, ", field_text(names.sysname), field_text(names.nodename));
  if (to.style().abbreviate) return out + "...}";
  return out + fmt::format("release={}, version={}, machine={}, domainname={}}}", field_text(names.release),
                           field_text(names.version), field_text(names.machine),
                           field_text(names.domainname));
}

std::string load_text(Printer&, const struct sysinfo& load) {
  return fmt::format(
      "{{uptime={}, loads=[{}, {}, {}], totalram={}, freeram={}, sharedram={}, bufferram={}, "
      "totalswap={}, freeswap={}, procs={}, totalhigh={}, freehigh={}, mem_unit={}}}",
      load.uptime, load.loads[0], load.loads[1], load.loads[2], load.totalram, load.freeram, load.sharedram,
      load.bufferram, load.totalswap, load.freeswap, load.procs, load.totalhigh, load.freehigh,
      load.mem_unit);
}

using namespace words;  // NOLINT(google-build-using-namespace): what the table below is written in

constexpr Signature table[] = {
    {"uname", {object_out<utsname, names_text>}},
    {"sysinfo", {object_out<struct sysinfo, load_text>}},
    {"sethostname", {buffer_in, size}},
    {"setdomainname", {buffer_in, size}},
    {"sync", {}},
    {"vhangup", {}},
    {"reboot", {hexadecimal_32, hexadecimal_32, hexadecimal_32, address}},
    {"syslog", {number, address, number}},
    {"seccomp", {value<seccomp_operations>, flags<seccomp_flags>, address}},
    {"bpf", {number, address, unsigned_number}, Returns::number},
    {"perf_event_open", {address, process, number, descriptor, hexadecimal}, Returns::descriptor},
    {"init_module", {address, size, string}},
    {"delete_module", {string, flags<open_flags>}},
    {"kexec_load", {address, size, address, hexadecimal}},
    {"kexec_file_load", {descriptor, descriptor, size, string, hexadecimal}},
    {"ioperm", {hexadecimal, size, number}},
    {"iopl", {number}},
    {"io_setup", {unsigned_number, address}},
    {"io_destroy", {address}},
    {"io_submit", {address, long_number, address}},
    {"io_cancel", {address, address, address}},
    {"io_getevents", {address, long_number, long_number, address, address}},
    {"io_pgetevents", {address, long_number, long_number, address, address, address}},
    {"io_uring_setup", {unsigned_number, address}, Returns::descriptor},
    {"io_uring_enter", {descriptor, unsigned_number, unsigned_number, hexadecimal_32, address, size}},
    {"io_uring_register", {descriptor, unsigned_number, address, unsigned_number}},
    {"keyctl", {number, hexadecimal, hexadecimal, hexadecimal, hexadecimal}},
    {"add_key", {string, string, buffer_in, size, number}},
    {"request_key", {string, string, string, number}},
    {"ioprio_get", {number, number}},
    {"ioprio_set", {number, number, hexadecimal_32}},
    {"mq_open", {path, {print_open_flags}, {print_open_mode}, address}, Returns::descriptor},
    {"mq_unlink", {path}},
    {"mq_timedsend", {descriptor, buffer_in, size, unsigned_number, address}},
    {"mq_timedreceive", {descriptor, buffer_out, size, address, address}},
    {"mq_notify", {descriptor, address}},
    {"mq_getsetattr", {descriptor, address, address}},
    {"landlock_create_ruleset", {address, size, hexadecimal_32}, Returns::descriptor},
    {"landlock_add_rule", {descriptor, number, address, hexadecimal_32}},
    {"landlock_restrict_self", {descriptor, hexadecimal_32}},
    {"quotactl_fd", {descriptor, hexadecimal_32, id, address}},
    {"set_mempolicy_home_node", {address, size, size, hexadecimal}},
    {"lookup_dcookie", {hexadecimal, address, size}},
};

}  // namespace

Signatures system_calls() {
  return table;
}

}  // namespace cotrace::engines::syscall_log
