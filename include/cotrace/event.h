// What can happen to a task, and what an engine answers.
//
// The vocabulary is that of ptrace(2) and of the kernel's former utrace interface.
#pragma once

#include <array>
#include <bitset>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <cotrace/ids.h>

namespace cotrace {

// A signal as the kernel tells it: number, code, sender, fault address ... (sigaction(2), siginfo_t).
using SigInfo = siginfo_t;

// How a task or a process ended (wait(2)).
struct ExitStatus {
  bool signalled{false};    // ended by a signal
  int code{0};              // exit status 0..255, or the signal's number
  bool core_dumped{false};  // only with a signal

  friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

// What the program had arranged for a signal when it arrived.
enum class SignalDisposition { handled, ignored, stop, terminate, core };

// What a new task is. Decided by the clone flags and by what is shared, never by the ptrace event's kind:
// clone(SIGCHLD|CLONE_VM) arrives as PTRACE_EVENT_FORK and yet shares the memory.
enum class CloneKind {
  thread,         // CLONE_THREAD
  fork,           // a process with a copy of the memory
  vfork,          // a process on the same memory, its creator sleeps until it execs or exits (CLONE_VFORK)
  shared_memory,  // a process on the same memory, both run (CLONE_VM alone)
};

// The identity of one owner's breakpoint or watchpoint; never used twice by one tracer.
using PointId = StrongId<struct PointTag, std::uint64_t>;

namespace event {

// The task has stopped because this engine asked for it (control with stop or interrupt).
struct Quiesced {};

// A signal is about to be delivered. The SignalVerdict says what becomes of it. (What the program has
// arranged for it costs a look into /proc and is therefore asked for: Core::disposition.)
struct Signal {
  SigInfo info;
};

// At the entry of a system call; nothing of it has happened yet.
struct SyscallEntry {
  std::uint64_t number;
  std::array<std::uint64_t, 6> args;
};

// At the return from a system call.
struct SyscallExit {
  std::uint64_t number;
  std::int64_t result;  // -4095..-1: a negated errno
};

// The task has made a new one. The child is stopped and has not run yet; an engine that wants it attaches to
// it from within the callback. `flags` are the clone flags (0 where the kernel would not tell).
struct Cloned {
  CloneKind kind;
  TaskId child;
  Pid child_process;
  std::uint64_t flags;
};

// The task itself is new: the first event of a child to which an engine attached in Cloned, or of a new
// thread to which the attachment of its creator was passed on.
struct Born {
  CloneKind kind;
  TaskId creator;
};

// The memory that the task had lent to a vfork child is its own again.
struct VforkDone {
  Tid child;
};

// The process runs a new program. `former` is the thread that called exec: it has become the leader, all
// other threads are gone without any further event.
struct Execed {
  Tid former;
};

// The task is about to exit (PTRACE_EVENT_EXIT); registers and memory can still be read.
struct Exiting {
  ExitStatus status;
};

// The task is dead. Reported once per task. `process_ended`: it was the last of its process.
struct Died {
  ExitStatus status;
  bool process_ended{false};
};

// The task's id has gone back to the kernel. Reported once per task, after Died.
struct Reaped {};

// The task has stopped for job control (SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU) or goes on after SIGCONT.
struct JobControl {
  bool stopped;
  int signal;  // the signal that stopped it, SIGCONT when it goes on
};

// A single or block step that this engine asked for is done.
struct StepDone {};

// The task has hit breakpoints of this engine; pc is at the breakpoint's address.
struct BreakpointHit {
  Addr address;
  std::vector<PointId> points;
  bool hardware{false};
};

// An access that a watchpoint of this engine waits for has happened (the instruction is complete, Intel SDM
// vol. 3, 17.2.4: data breakpoints are traps).
struct WatchpointHit {
  Addr address;  // the start of the watched range that matched
  PointId point;
};

}  // namespace event

using Event =
    std::variant<event::Quiesced, event::Signal, event::SyscallEntry, event::SyscallExit, event::Cloned,
                 event::Born, event::VforkDone, event::Execed, event::Exiting, event::Died, event::Reaped,
                 event::JobControl, event::StepDone, event::BreakpointHit, event::WatchpointHit>;

// Which events an engine hears of on a task. Quiesced, Born, StepDone, BreakpointHit and WatchpointHit are
// not in the mask: they come exactly to the engine that asked for them.
enum class EventKind : std::uint8_t {
  signal,
  syscall_entry,
  syscall_exit,
  clone,
  vfork_done,
  exec,
  exiting,
  death,
  reap,
  job_control,
};

class EventMask {
 public:
  constexpr EventMask() = default;
  constexpr EventMask(std::initializer_list<EventKind> kinds) {
    for (auto kind : kinds) bits_ |= bit(kind);
  }
  [[nodiscard]] constexpr bool has(EventKind kind) const { return (bits_ & bit(kind)) != 0; }
  constexpr EventMask with(EventKind kind) const { return from(bits_ | bit(kind)); }
  constexpr EventMask without(EventKind kind) const { return from(bits_ & ~bit(kind)); }
  friend constexpr EventMask operator|(EventMask a, EventMask b) { return from(a.bits_ | b.bits_); }
  friend constexpr bool operator==(EventMask, EventMask) = default;

 private:
  static constexpr std::uint32_t bit(EventKind kind) { return 1U << static_cast<unsigned>(kind); }
  static constexpr EventMask from(std::uint32_t bits) {
    EventMask mask;
    mask.bits_ = bits;
    return mask;
  }
  std::uint32_t bits_{0};
};

// What is to happen to the task next, strongest first. Among the attachments of a task the strongest wins
// when it is resumed; no action is sticky.
enum class ResumeAction : std::uint8_t {
  stop,         // hold the task; it stays stopped until this engine calls Tracer::control
  interrupt,    // like report, but also out of a blocking system call
  report,       // run, but stop again as soon as possible with Quiesced
  single_step,  // run one instruction, then StepDone
  block_step,   // run to the next taken branch, then StepDone
  resume,       // run
  detach,       // this engine leaves the task
};

// What becomes of a signal. Verdicts are folded in attach order: each engine is shown the signal as it
// arrived; a later replacement overrides an earlier one, and suppress wins over keep.
struct SignalVerdict {
  enum class Kind : std::uint8_t { keep, suppress, replace } kind{Kind::keep};
  SigInfo replacement{};  // with `replace`: si_signo and what goes with it

  static SignalVerdict keep() { return {}; }
  static SignalVerdict suppress() { return {Kind::suppress, {}}; }
  static SignalVerdict replace(const SigInfo& info) { return {Kind::replace, info}; }
};

// What becomes of a system call at its entry. A call that any engine aborts does not happen; it returns
// `result` (a negated errno, or a value) to the program.
struct SyscallVerdict {
  bool abort{false};
  std::int64_t result{-38};  // -ENOSYS
};

// An engine's answer to an event.
struct Verdict {
  ResumeAction action{ResumeAction::resume};
  std::optional<SignalVerdict> signal{};    // event::Signal: at once; may also be given later with control()
  std::optional<SyscallVerdict> syscall{};  // event::SyscallEntry
  std::optional<std::int64_t> syscall_result{};  // event::SyscallExit: what the program sees instead
};

}  // namespace cotrace
