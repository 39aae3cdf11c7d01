// The tracing core: owns ptrace and lets many engines share each task.
//
// Everything here belongs to the reactor's thread. Tracer (include/cotrace/tracer.h) is the same for other
// threads.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <cotrace/engine.h>
#include <cotrace/error.h>
#include <cotrace/event.h>
#include <cotrace/ids.h>

#include "arch/native.h"
#include "linux/launch.h"
#include "linux/proc.h"

namespace cotrace::base {
class Reactor;
}
namespace cotrace::sys {
class WaitCalls;
}

namespace cotrace::trace {

struct AttachOptions {
  EventMask events;
  bool hold{false};    // stop the task and hold it; Quiesced comes when it stands
  bool threads{true};  // threads that the task makes later get the same attachment (and hear Born)
};

// An instruction that one task is to carry out as if it stood at `at`, although the memory has something else
// there.
struct GivenInstruction {
  Addr at;
  std::vector<std::byte> code;  // what follows the instruction does not matter
};

// What one engine wants of one task from now on. `signal` answers the signal that the task is stopped with,
// if the verdict was left open; `inject` is a signal to deliver although none arrived.
struct Control {
  ResumeAction action{ResumeAction::resume};
  std::optional<SignalVerdict> signal;
  int inject{0};
  // With single_step, if the pc is there when the task runs.
  std::optional<GivenInstruction> instruction{};
};

// Physical state of a task, for looking.
enum class TaskState : std::uint8_t {
  running,
  stopped,
  in_vfork,   // cannot be stopped, runs no code of its own until its child execs or exits: counts as stopped
  listening,  // stopped by job control and by nobody else
  gone,       // dead; a leader that has exited before its threads stays this way until the group ends
};

struct TaskInfo {
  TaskId id;
  Pid process;
  TaskState state{TaskState::running};
  bool held_by_others{false};
};

// A living task beside the traced ones.
struct UntracedTask {
  Tid tid;
  Pid process;
  Pid parent;
  Tid tracer;  // somebody else's; 0: nobody's
  std::string name;
};

// Whether a breakpoint that has been reached shall be told to its owner. Called on the reactor's thread while
// the task is stopped.
using Condition = std::move_only_function<bool(TaskId)>;

struct CoreOptions {
  bool kill_on_exit{false};  // PTRACE_O_EXITKILL on launched programs: they die with this process
};

class Core {
 public:
  // SIGCHLD must be blocked in every thread of this process (it is read through a signalfd).
  // `waits`: for tests; by default the kernel.
  static Result<std::unique_ptr<Core>> create(base::Reactor& reactor, const CoreOptions& options);
  static Result<std::unique_ptr<Core>> create(base::Reactor& reactor, const CoreOptions& options,
                                              std::unique_ptr<sys::WaitCalls> waits);
  ~Core();  // detaches from everything, and waits until that is done
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // --- tasks come and go
  // ------------------------------------------------------------------------------------------- Starts a
  // program. The engine hears Execed when it stands at its first instruction (with a shell: twice), or Died;
  // it should hold there. `launch_failure` then tells why an exec never happened.
  Result<TaskId> launch(const sys::LaunchSpec& spec, Engine& engine, const AttachOptions& options);
  [[nodiscard]] std::optional<Error> launch_failure(TaskId task) const;

  // Attaches to every thread of a living process, those included that are created meanwhile; to one that the
  // core traces already, one more engine. already_traced, not_permitted, no_such_process: the text says why.
  Result<std::vector<TaskId>> attach(Pid process, Engine& engine, const AttachOptions& options);
  // One more engine on one known task (from within Cloned: on a child that has not run yet).
  Result<> attach(TaskId task, Engine& engine, const AttachOptions& options);
  // The engine leaves; no callback comes any more. Its breakpoints and watchpoints in an address space go
  // with its last attachment there. A task with no engine left is released as soon as it can be: see
  // released().
  Result<> detach(TaskId task, Engine& engine);
  Result<> detach(Pid process, Engine& engine);
  void detach_everything(Engine& engine);
  // True when the core has no ptrace hold on any task of the process.
  [[nodiscard]] bool released(Pid process) const;
  // `done`, once nothing of the process waits to be released any more: what is left of it then is another
  // engine's, sleeps in vfork (it cannot be stopped, so it cannot be released either), or shares memory with
  // breakpoints. Not from within the call; never if the core ends first.
  void when_let_go(Pid process, std::function<void()> done);
  // SIGKILL; Died and Reaped come as for any death.
  Result<> kill(Pid process);

  // --- what an engine wants
  // ---------------------------------------------------------------------------------------- stop: hold the
  // task; Quiesced comes when it stands, at once (but not from within this call) if it does already.
  // Everything else ends the engine's hold. gone if the task is dead.
  Result<> control(TaskId task, Engine& engine, Control wish);
  Result<> set_events(TaskId task, Engine& engine, EventMask events);
  // The engine takes back that it has been told of the breakpoint hit at which the task stands: "at a site"
  // is not "hit a site". When the task is to run again with its pc still there, and a breakpoint of the
  // engine too, the hit is reported to it anew instead. (An all-stop client drops the hits that it did not
  // show, and meets them again.)
  Result<> rearm(TaskId task, Engine& engine);
  [[nodiscard]] bool attached(TaskId task, const Engine& engine) const;
  [[nodiscard]] bool holds(TaskId task, const Engine& engine) const;

  // --- looking: stops nobody
  // ---------------------------------------------------------------------------------------
  [[nodiscard]] std::optional<TaskId> find(Tid tid) const;  // the living task with this id
  [[nodiscard]] std::optional<TaskInfo> info(TaskId task) const;
  [[nodiscard]] std::vector<TaskId> tasks_of(Pid process) const;  // dead leaders included
  [[nodiscard]] std::optional<Pid> process_of(TaskId task) const;
  // Living children and threads of traced processes that the core does not trace. They are looked for in
  // /proc, for no event tells of one that is made with CLONE_UNTRACED.
  [[nodiscard]] std::vector<UntracedTask> untraced() const;

  // Reads hide breakpoints, whoever planted them; writes go beneath them. The count may be short.
  Result<std::size_t> read_memory(TaskId task, Addr address, std::span<std::byte> out);
  Result<> write_memory(TaskId task, Addr address, std::span<const std::byte> bytes);

  // Registers of a stopped task (not_stopped otherwise). They are read once per stop, kept, and written back
  // when it is resumed. In in_vfork they are those saved at the vfork; a write is applied when the vfork is
  // done.
  Result<arch::native::GeneralRegs> general_regs(TaskId task);
  Result<> set_general_regs(TaskId task, const arch::native::GeneralRegs& regs);
  Result<std::vector<std::byte>> xstate(TaskId task);
  Result<> set_xstate(TaskId task, std::span<const std::byte> area);
  // It runs no code and is not on its way into its end: a signal or an exit that ends the process has woken
  // all its tasks by the time that the first of them is reported dead.
  [[nodiscard]] bool really_stands(TaskId task) const;
  // Counts the stops of a task; a client compares it to tell stale knowledge. Changes whenever the task has
  // run.
  [[nodiscard]] std::uint64_t generation(TaskId task) const;

  Result<SigInfo> siginfo(TaskId task);
  Result<> set_siginfo(TaskId task, const SigInfo& info);
  // The signal that the task stands with before its delivery, whose fate is still open. Nothing: it runs, or
  // stands for another reason. Whoever joins the task now may give a verdict on it too (Control::signal).
  [[nodiscard]] std::optional<SigInfo> standing_signal(TaskId task) const;
  // What the program has arranged for a signal (SigIgn and SigCgt of /proc, signal(7)).
  [[nodiscard]] Result<SignalDisposition> disposition(TaskId task, int signal) const;

  // --- breakpoints and watchpoints
  // --------------------------------------------------------------------------------- In the address space of
  // `task`. Hits are told to this engine on the tasks it is attached to there. The same engine may have
  // several at one address.
  Result<PointId> add_breakpoint(TaskId task, Engine& engine, Addr address, Condition condition = nullptr);
  Result<PointId> add_hardware_breakpoint(TaskId task, Engine& engine, Addr address,
                                          Condition condition = nullptr);
  Result<PointId> add_watchpoint(TaskId task, Engine& engine, Addr address, std::uint64_t length,
                                 arch::native::WatchKind kind, Condition condition = nullptr);
  Result<> remove_point(Engine& engine, PointId point);
  // After a fork: the engine's points in the child's memory, each a copy of one in the parent's ({parent's,
  // child's}).
  [[nodiscard]] std::vector<std::pair<PointId, PointId>> adopted_points(TaskId child,
                                                                        const Engine& engine) const;

 private:
  struct State;
  explicit Core(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cotrace::trace
