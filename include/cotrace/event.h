// What can happen to a task, and what an engine answers.
//
// The vocabulary is that of ptrace(2) and of the kernel's former utrace interface. All of it is plain data
// that belongs to nobody: an engine may copy it and hand it to other threads.
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

// What the program has arranged for a signal, or where it has not, the signal's default action (signal(7)).
// Whether the signal is blocked does not show here.
enum class SignalDisposition {
  handled,    // a handler runs
  ignored,    // SIG_IGN, or the default of SIGCHLD, SIGURG, SIGWINCH, and SIGCONT
  stop,       // the default of SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU
  terminate,  // the default of most
  core,       // terminate, with a core dump where the limits allow one
};

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

// The task stands because this engine asked for it: with hold when joining, with stop, interrupt or report.
// Asked for twice before it came, it comes once; not at all where the engine has answered another event with
// `stop` meanwhile. Also for a task that sleeps in vfork: it cannot be stopped but runs no code of its own.
struct Quiesced {};

// A signal is about to be delivered. The SignalVerdict says what becomes of it. (What the program has
// arranged for it costs a look into /proc and is therefore asked for: Tracer::disposition.) SIGKILL is never
// told, nor is a SIGTRAP that belongs to somebody's breakpoint or step; the program's own int3 is.
struct Signal {
  SigInfo info;
};

// At the entry of a system call; nothing of it has happened yet.
// (PTRACE_GET_SYSCALL_INFO, Linux 5.3.)
struct SyscallEntry {
  std::uint64_t number;               // of the table that the call was made by: a 32-bit program has another
  std::array<std::uint64_t, 6> args;  // the argument registers, whether the call uses them or not
  bool compat{false};                 // made by the table of 32-bit programs, which a 64-bit one can use, too
};

// At the return from a system call.
// The entry may not have been told: the call was under way when the engine joined.
struct SyscallExit {
  std::uint64_t number;
  std::int64_t result;  // -4095..-1: a negated errno
  bool compat{false};   // as at the entry; where that was not told, as the task stands now
};

// The task has made a new one. The child is stopped and has not run yet; an engine that wants it attaches to
// it from within the callback, later it may have run. A child whose creator is killed at this very moment has
// no such event and runs on untraced. Nor has one that is made with CLONE_UNTRACED; see
// Tracer::add_breakpoint for what that means.
struct Cloned {
  CloneKind kind;
  TaskId child;
  Pid child_process;    // the creator's own for a thread
  std::uint64_t flags;  // CLONE_... of <sched.h>; where they cannot be read, those that can be seen by what
                        // is shared: CLONE_VM, CLONE_VFORK, CLONE_THREAD
};

// The task itself is new: the first event of a child to which an engine attached in Cloned, or of a new
// thread to which the attachment of its creator was passed on.
struct Born {
  CloneKind kind;
  TaskId creator;  // serial 0: it was killed before this could be told
};

// The memory that the task had lent to a vfork child is its own again: the child has exec'ed or ended.
struct VforkDone {
  Tid child;  // may be a zombie, or reaped, by now
};

// The process runs a new program and stands before its first instruction. The thread that called exec has
// become the leader, and keeps its serial; all other threads are gone without any further event. The memory
// is a new one: what breakpoints and watchpoints the engine had in the old one are gone with it.
struct Execed {
  Tid former;  // the id that the task had before; its own where the leader called exec
};

// The task is about to exit (PTRACE_EVENT_EXIT); registers and memory can still be read. Not told of a task
// that died while it stood, of SIGKILL for instance: that every end is told is what Died is for. Whoever has
// not asked for it holds no task that has come here: it goes on into its end. Whoever holds one here keeps
// its process from ending, and from an exec that another of its threads has begun.
struct Exiting {
  ExitStatus status;
};

// The task is dead. Reported once per task, but not of threads that another thread's exec has ended (Execed).
// Requests on it are answered with gone.
struct Died {
  ExitStatus status;          // of a leader: the process's
  bool process_ended{false};  // it was the last of its process
};

// The task's id has gone back to the kernel. Reported once per task, after Died.
struct Reaped {};

// The task has stopped for job control (SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU) or goes on after SIGCONT.
struct JobControl {
  bool stopped;
  int signal;  // the signal that stopped it, SIGCONT when it goes on
};

// A single or block step that this engine asked for is done. A step into a system call that somebody traces
// ends at the call's exit.
struct StepDone {};

// The task has hit breakpoints of this engine; pc is at the breakpoint's address, whose instruction has not
// been executed. To go on past it needs no more than any other resume.
struct BreakpointHit {
  Addr address;
  std::vector<PointId> points;  // those at the address whose condition held, at least one
  bool hardware{false};
};

// An access that a watchpoint of this engine waits for has happened (the instruction is complete, Intel SDM
// vol. 3, 17.2.4: data breakpoints are traps).
struct WatchpointHit {
  Addr address;  // the start of the watched range that matched
  PointId point;
};

// Another engine holds the task from now on (it stands, or soon will), or does so no longer. This is a
// notice: the task may be running or dead by now, and the answer is not looked at.
struct HoldChanged {
  std::string by;  // the other's Engine::name
  bool held;
};

}  // namespace event

using Event = std::variant<event::Quiesced, event::Signal, event::SyscallEntry, event::SyscallExit,
                           event::Cloned, event::Born, event::VforkDone, event::Execed, event::Exiting,
                           event::Died, event::Reaped, event::JobControl, event::StepDone,
                           event::BreakpointHit, event::WatchpointHit, event::HoldChanged>;

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
  hold,
};

// A set of them.
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
//
// utrace's difference between report (at the next moment that suits) and interrupt (now) does not exist here,
// since ptrace has but one request for both, PTRACE_INTERRUPT: it takes a task out of a blocking system call,
// which the kernel begins anew (signal(7) lists those that return EINTR instead).
enum class ResumeAction : std::uint8_t {
  stop,         // hold the task; it stays stopped until this engine calls Tracer::control
  interrupt,    // one Quiesced, at once where the task stands already; then it runs
  report,       // the same
  single_step,  // run one instruction, then StepDone
  block_step,   // run to the next taken branch (PTRACE_SINGLEBLOCK, debugctl.BTF), then StepDone
  resume,       // run
  detach,       // this engine leaves the task
};

// What becomes of a signal. Verdicts are folded in attach order: each engine is shown the signal as it
// arrived; a later replacement overrides an earlier one, and suppress wins over keep. A replacement wins over
// suppress, whichever came first.
struct SignalVerdict {
  enum class Kind : std::uint8_t { keep, suppress, replace } kind{Kind::keep};
  SigInfo replacement{};  // with `replace`: si_signo and what goes with it

  static SignalVerdict keep() { return {}; }
  static SignalVerdict suppress() { return {Kind::suppress, {}}; }
  static SignalVerdict replace(const SigInfo& info) { return {Kind::replace, info}; }
};

// What becomes of a system call at its entry. A call that any engine aborts does not happen; it returns
// `result` (a negated errno, or a value) to the program, and its exit is told as any other's. Of several
// engines that abort it, the result of the one asked last counts: that is the one attached first.
struct SyscallVerdict {
  bool abort{false};
  std::int64_t result{-38};  // -ENOSYS
};

// An engine's answer to an event. Leave empty what does not belong to the event. To Died and Reaped any
// answer will do.
struct Verdict {
  ResumeAction action{ResumeAction::resume};
  std::optional<SignalVerdict> signal{};    // event::Signal: at once; may also be given later with control()
  std::optional<SyscallVerdict> syscall{};  // event::SyscallEntry
  std::optional<std::int64_t> syscall_result{};  // event::SyscallExit: what the program sees instead
};

}  // namespace cotrace
