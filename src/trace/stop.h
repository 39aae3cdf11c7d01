// Why the kernel stopped a task, as ptrace(2) tells it. Only decode() makes these; nobody else looks at wait
// statuses.
#pragma once

#include <array>
#include <cstdint>
#include <variant>

#include <cotrace/error.h>
#include <cotrace/event.h>
#include <cotrace/ids.h>

#include "linux/ptrace.h"

namespace cotrace::trace {

namespace stop {
// Signal-delivery-stop.
struct SignalDelivery {
  SigInfo info;
};
// Group-stop of a seized task: stopped by job control. A second one comes for each PTRACE_INTERRUPT
// meanwhile.
struct Group {
  int signal;
};
// PTRACE_EVENT_STOP with SIGTRAP: after PTRACE_INTERRUPT, at the birth of a task, or when SIGCONT ends a
// group-stop.
struct EventStop {};
struct SyscallEntry {
  std::uint64_t number;
  std::array<std::uint64_t, 6> args;
  bool compat{false};
};
struct SyscallExit {
  std::int64_t result;
  bool compat{false};
};
// PTRACE_EVENT_FORK, _VFORK, _CLONE. `vfork` is the event's kind, which says one thing for certain: the
// creator sleeps until the child execs or exits.
struct Clone {
  Tid child;
  bool vfork;
};
struct VforkDone {
  Tid child;
};
struct Exec {
  Tid former;
};
// PTRACE_EVENT_EXIT; the wait status the task will have.
struct Exit {
  int status;
};
struct Seccomp {};
}  // namespace stop

using Stop =
    std::variant<stop::SignalDelivery, stop::Group, stop::EventStop, stop::SyscallEntry, stop::SyscallExit,
                 stop::Clone, stop::VforkDone, stop::Exec, stop::Exit, stop::Seccomp>;

// What a wait status of a stopped task means. Asks the kernel for what the status does not carry (siginfo,
// event message, system-call info); gone if the task was killed meanwhile.
Result<Stop> decode(int wait_status, const sys::StoppedTask& task);

// The status of a task that has ended.
ExitStatus exit_status_of(int wait_status);

}  // namespace cotrace::trace
