#include <csignal>
#include <linux/audit.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "trace/stop.h"

namespace cotrace::trace {

namespace {

constexpr int event_of(int wait_status) {
  return wait_status >> 16;
}

// PTRACE_O_TRACESYSGOOD marks system-call stops.
constexpr int syscall_stop_signal = SIGTRAP | 0x80;

Result<Stop> decode_event_stop(int signal) {
  if (signal == SIGTRAP) return stop::EventStop{};
  return stop::Group{signal};
}

Result<Stop> decode_syscall(const sys::StoppedTask& task) {
  auto info = task.syscall_info();
  if (!info) return std::unexpected(info.error());
  // Decided by the instruction that made the call (int 0x80 or syscall), not by what the program is.
  const bool compat = info->arch == AUDIT_ARCH_I386;
  if (info->op == PTRACE_SYSCALL_INFO_ENTRY) {
    stop::SyscallEntry entry{info->entry.nr, {}, compat};
    for (std::size_t i = 0; i < entry.args.size(); ++i) entry.args[i] = info->entry.args[i];
    return entry;
  }
  return stop::SyscallExit{info->exit.rval, compat};
}

Tid tid_from(std::uint64_t message) {
  return Tid{static_cast<std::int32_t>(message)};
}

Result<Stop> decode_ptrace_event(int event, const sys::StoppedTask& task) {
  auto message = task.event_message();
  if (!message) return std::unexpected(message.error());
  switch (event) {
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_CLONE:
      return stop::Clone{tid_from(*message), false};
    case PTRACE_EVENT_VFORK:
      return stop::Clone{tid_from(*message), true};
    case PTRACE_EVENT_VFORK_DONE:
      return stop::VforkDone{tid_from(*message)};
    case PTRACE_EVENT_EXEC:
      return stop::Exec{tid_from(*message)};
    case PTRACE_EVENT_EXIT:
      return stop::Exit{static_cast<int>(*message)};
    default:
      return stop::Seccomp{};
  }
}

}  // namespace

Result<Stop> decode(int wait_status, const sys::StoppedTask& task) {
  const int signal = WSTOPSIG(wait_status);
  const int event = event_of(wait_status);
  if (event == PTRACE_EVENT_STOP) return decode_event_stop(signal);
  if (event != 0) return decode_ptrace_event(event, task);
  if (signal == syscall_stop_signal) return decode_syscall(task);
  auto info = task.siginfo();
  if (!info) return std::unexpected(info.error());
  return stop::SignalDelivery{*info};
}

ExitStatus exit_status_of(int wait_status) {
  if (WIFSIGNALED(wait_status)) return {true, WTERMSIG(wait_status), WCOREDUMP(wait_status) != 0};
  return {false, WEXITSTATUS(wait_status), false};
}

}  // namespace cotrace::trace
