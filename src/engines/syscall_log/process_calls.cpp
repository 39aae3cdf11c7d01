// Calls that make, end, wait for and schedule processes.
#include <array>
#include <csignal>
#include <linux/sched.h>
#include <sched.h>

#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/families.h"
#include "engines/syscall_log/flag_tables.h"
#include "engines/syscall_log/process_values.h"
#include "engines/syscall_log/signal_values.h"
#include "engines/syscall_log/text.h"
#include "engines/syscall_log/time_values.h"

namespace cotrace::engines::syscall_log {

namespace {

constexpr std::uint64_t signal_bits = 0xff;  // of clone's flags

std::string signal_beside_flags(const Names& names, std::uint64_t flags) {
  const auto signal = static_cast<int>(flags & signal_bits);
  const auto rest = flags & ~signal_bits;
  if (signal == 0) return flags_text(names, rest);
  return rest == 0 ? signal_text(signal) : flags_text(names, rest) + "|" + signal_text(signal);
}

// clone(2) has its arguments in another order on each machine; written down is what they mean.
void print_clone(Printer& to, unsigned) {
  to.format("child_stack={}, flags={}", address_text(to.call.args[1]),
            signal_beside_flags(clone_flags, static_cast<std::uint32_t>(to.call.args[0])));
}

// Behind the above; only what the flags give a meaning.
void print_clone_rest(Printer& to, unsigned) {
  const auto& [flags, stack, parent, child, tls, unused] = to.call.args;
  if ((flags & (CLONE_PARENT_SETTID | CLONE_PIDFD)) != 0) {
    const auto id = to.read<std::int32_t>(parent);
    to.text(", parent_tid=");
    id && !to.call.failed() ? to.format("[{}]", *id) : to.text(address_text(parent));
  }
  if ((flags & CLONE_SETTLS) != 0) to.format(", tls={:#x}", tls);
  if ((flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) != 0)
    to.format(", child_tidptr={}", address_text(child));
}

void print_clone_arguments(Printer& to, unsigned index) {
  clone_args how{};
  const auto known = std::min<std::uint64_t>(to.call.args[index + 1], sizeof how);
  const bool complete =
      known >= CLONE_ARGS_SIZE_VER0 &&
      to.read(to.call.args[index], std::as_writable_bytes(std::span(&how, 1)).first(known)) == known;
  if (!complete) return print_address(to, index);
  to.format("{{flags={}", flags_text(clone_flags, how.flags));
  if ((how.flags & CLONE_PIDFD) != 0) to.format(", pidfd={}", address_text(how.pidfd));
  if ((how.flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) != 0)
    to.format(", child_tid={}", address_text(how.child_tid));
  if ((how.flags & CLONE_PARENT_SETTID) != 0) to.format(", parent_tid={}", address_text(how.parent_tid));
  to.format(", exit_signal={}", how.exit_signal == 0 ? "0" : signal_text(static_cast<int>(how.exit_signal)));
  to.format(", stack={}", address_text(how.stack));
  how.stack_size == 0 ? to.text(", stack_size=0") : to.format(", stack_size={:#x}", how.stack_size);
  if ((how.flags & CLONE_SETTLS) != 0) to.format(", tls={:#x}", how.tls);
  if (how.set_tid_size != 0)
    to.format(", set_tid={}, set_tid_size={}", address_text(how.set_tid), how.set_tid_size);
  if ((how.flags & CLONE_INTO_CGROUP) != 0) to.format(", cgroup={}", how.cgroup);
  to.text("}");
}

// What the kernel has stored where the structure said.
void print_clone_results(Printer& to, unsigned index) {
  const auto how = to.read<std::array<std::uint64_t, CLONE_ARGS_SIZE_VER0 / 8>>(to.call.args[index]);
  if (!how || to.call.failed()) return;
  std::string out;
  const auto add = [&](std::uint64_t flag, const char* name, std::uint64_t address) {
    if (((*how)[0] & flag) == 0) return;
    const auto stored = to.read<std::int32_t>(address);
    if (stored) out += fmt::format("{}{}=[{}]", out.empty() ? "" : ", ", name, *stored);
  };
  add(CLONE_PIDFD, "pidfd", (*how)[1]);
  add(CLONE_PARENT_SETTID, "parent_tid", (*how)[3]);
  if (!out.empty()) to.format(" => {{{}}}", out);
}

// Nothing has been stored where nobody had changed.
bool nobody_waited_for(Printer& to, unsigned index) {
  if (to.call.result > 0) return print_unwritten(to, index);
  print_address(to, index);
  return true;
}

void print_status(Printer& to, unsigned index) {
  if (nobody_waited_for(to, index)) return;
  const auto status = to.read<std::int32_t>(to.call.args[index]);
  status ? to.format("[{}]", wait_status_text(*status)) : print_address(to, index);
}

void print_waited_usage(Printer& to, unsigned index) {
  if (!nobody_waited_for(to, index)) print_object_out<rusage, rusage_text>(to, index);
}

void print_cpu_set(Printer& to, unsigned index) {
  const auto length = to.call.exiting ? static_cast<std::uint64_t>(to.call.result) : to.call.args[index - 1];
  cpu_set_t set{};
  const auto known = std::min<std::uint64_t>(length, sizeof set);
  if (to.read(to.call.args[index], std::as_writable_bytes(std::span(&set, 1)).first(known)) != known ||
      known == 0)
    return print_address(to, index);
  std::string out;
  for (unsigned cpu = 0; cpu < known * 8; ++cpu) {
    if (CPU_ISSET(cpu, &set)) out += fmt::format("{}{}", out.empty() ? "" : " ", cpu);
  }
  to.format("[{}]", out);
}

void print_cpu_set_out(Printer& to, unsigned index) {
  if (!print_unwritten(to, index)) print_cpu_set(to, index);
}

void print_scheduler(Printer& to, unsigned index) {
  constexpr std::uint64_t reset_on_fork = 0x40000000;
  const auto policy = static_cast<std::uint32_t>(to.call.args[index]);
  to.text(value_text(schedulers, policy & ~reset_on_fork));
  if ((policy & reset_on_fork) != 0) to.text("|SCHED_RESET_ON_FORK");
}

void remark_scheduler(Printer& to) {
  to.text(value_text(schedulers, static_cast<std::uint64_t>(to.call.result)));
}

void print_personality(Printer& to, unsigned index) {
  const auto persona = static_cast<std::uint32_t>(to.call.args[index]);
  if (persona == ~std::uint32_t{0}) return to.text("0xffffffff");
  to.text(value_text(personalities, persona & 0xff) + more_flags_text(personality_flags, persona & ~0xffU));
}

void remark_personality(Printer& to) {
  to.result_is_hexadecimal();
  const auto persona = static_cast<std::uint32_t>(to.call.result);
  to.text(value_text(personalities, persona & 0xff) + more_flags_text(personality_flags, persona & ~0xffU));
}

using namespace words;  // NOLINT(google-build-using-namespace): what the table below is written in

constexpr Argument status_out{print_status, When::exit};
constexpr Argument waited_usage{print_waited_usage, When::exit};
constexpr Argument cpu_set_in{print_cpu_set};
constexpr Argument cpu_set_out{print_cpu_set_out, When::exit};
constexpr Argument limit = value<resources>;
constexpr Argument scheduler{print_scheduler};

constexpr Signature table[] = {
    {"execve", {path, string_array, environment}},
    {"execveat", {directory, path, string_array, environment, flags<at_flags>}},
    {"exit", {number}, Returns::nothing},
    {"exit_group", {number}, Returns::nothing},
    {"fork", {}},
    {"vfork", {}},
    {"clone", {Argument{print_clone, When::entry, print_clone_rest}, hidden, hidden, hidden, hidden}},
    {"clone3", {Argument{print_clone_arguments, When::entry, print_clone_results}, size}},
    {"wait4", {process, status_out, flags<wait_options>, waited_usage}},
    {"waitid",
     {value<wait_id_types>, process, siginfo_out, flags<wait_options>, object_out<rusage, rusage_text>}},
    {"getpid", {}},
    {"getppid", {}},
    {"gettid", {}},
    {"set_tid_address", {address}},
    {"unshare", {flags<clone_flags>}},
    {"setns", {descriptor, flags<clone_flags>}},
    {"pidfd_open", {process, hexadecimal_32}, Returns::descriptor},
    {"pidfd_getfd", {descriptor, number, hexadecimal_32}, Returns::descriptor},
    {"getrlimit", {limit, object_out<rlimit, rlimit_text>}},
    {"setrlimit", {limit, object_in<rlimit, rlimit_text>}},
    {"prlimit64", {process, limit, object_in<rlimit, rlimit64_text>, object_out<rlimit, rlimit64_text>}},
    {"getrusage", {value<usage_who>, object_out<rusage, rusage_text>}},
    {"getpriority", {value<priority_which>, number}},
    {"setpriority", {value<priority_which>, number, number}},
    {"sched_yield", {}},
    {"sched_getparam", {process, number_out}},
    {"sched_setparam", {process, number_in}},
    {"sched_getscheduler", {process}, Returns::number, remark_scheduler},
    {"sched_setscheduler", {process, scheduler, number_in}},
    {"sched_get_priority_max", {scheduler}},
    {"sched_get_priority_min", {scheduler}},
    {"sched_rr_get_interval", {process, timespec_out}},
    {"sched_getaffinity", {process, unsigned_number, cpu_set_out}},
    {"sched_setaffinity", {process, unsigned_number, cpu_set_in}},
    {"sched_setattr", {process, address, hexadecimal_32}},
    {"sched_getattr", {process, address, unsigned_number, hexadecimal_32}},
    {"getcpu", {unsigned_out, unsigned_out, address}},
    {"personality", {{{print_personality}}}, Returns::number, remark_personality},
    {"kcmp", {process, process, number, hexadecimal, hexadecimal}},
    {"arch_prctl", {value<arch_prctl_codes>, address}},
    {"ptrace", {value<ptrace_requests>, process, address, address}},
};

}  // namespace

Signatures process_calls() {
  return table;
}

}  // namespace cotrace::engines::syscall_log
