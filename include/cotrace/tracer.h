// The tracer: owns ptrace for this process and lets any number of engines share each task.
//
//   auto tracer = cotrace::Tracer::create();
//   MyEngine engine;
//   tracer.value()->attach(cotrace::Pid{1234}, engine, {.events = {cotrace::EventKind::signal}});
//
// Threads. One thread of the tracer's own makes every ptrace call and every call of an engine, since ptrace
// knows a tracer by its thread (ptrace(2)). All functions here may be called from any thread, from within
// Engine::on_event included; from another thread they wait for the tracer's thread. So no lock may be held
// around them that an engine takes in on_event.
//
// SIGCHLD. The tracer hears of stops through SIGCHLD, read from a signalfd; it must be blocked in every
// thread of the process (signalfd(2)). Block it in main() before starting threads; create() fails where the
// calling thread does not have it blocked. The kernel sends it to the process as a whole, and whoever reads
// it first has it: there can be one tracer in a process, and nobody else may take SIGCHLD or wait for any
// child (waitpid(-1)). Waiting for a child of one's own by its pid is fine.
//
// Errors. Every function that takes a TaskId can answer gone: the task is dead, or dies at this moment. With
// an Engine and a TaskId, invalid also says that the engine is not attached to that task.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <cotrace/engine.h>
#include <cotrace/error.h>
#include <cotrace/event.h>
#include <cotrace/ids.h>

struct user_regs_struct;  // NOLINT(readability-identifier-naming): the kernel's

namespace cotrace {

namespace trace {
struct TracerAccess;  // not part of the interface
}

// How an engine joins a task.
struct JoinOptions {
  EventMask events;    // what it hears of, beside what it asks for itself
  bool hold{false};    // stop the task and hold it; Quiesced comes when it stands
  bool threads{true};  // threads that the task makes later get the same attachment, and hear Born
};

// A program to start. It has this process's standard input, output and error and no other descriptor, and no
// signal blocked or ignored.
struct LaunchOptions {
  std::vector<std::string> arguments;                   // arguments[0] is the program, found through PATH
  std::optional<std::vector<std::string>> environment;  // "NAME=VALUE"; without it, this process's own
  std::string working_directory;                        // empty: this process's own
  bool disable_randomization{true};  // address-space layout as on every other run (personality(2))
  // A process group of its own, which is not the terminal's foreground group: reading from the terminal stops
  // it with SIGTTIN, and Ctrl-C does not reach it. Without: it is one with this process to the terminal.
  bool own_process_group{true};
};

// What an engine wants of a task from now on.
struct Wish {
  ResumeAction action{ResumeAction::resume};
  // With an action that lets the task go on: what becomes of the signal that it stands with, if the verdict
  // was left open. Without it the signal is delivered.
  std::optional<SignalVerdict> signal;
  // Likewise: the number of a signal to deliver although none arrived, 0 for none. No engine is told of it.
  int inject{0};
};

class Tracer {
 public:
  // Starts the tracer's thread. invalid: SIGCHLD is not blocked. no_resources: out of descriptors.
  static Result<std::unique_ptr<Tracer>> create();
  // Detaches every engine from every task, and waits until nothing of the tracer is left in any of them; two
  // seconds at most for tasks that do not stop (state D of proc(5)), which the kernel lets go when the thread
  // ends. Programs that were launched go on running. Not from within on_event, and not while another thread
  // is in a call.
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // Starts a program; the engine hears Execed (with the mask) when it stands at its first instruction, or
  // Died, with exit code 127, if it never gets there: whether the program exists shows only then. Events can
  // come before this returns. With `hold` it stands with Quiesced before the exec already, and Execed
  // comes once it has been let go; to hold it at its first instruction, answer Execed with stop.
  // invalid: no arguments, or a NUL in one. no_resources: no process or descriptor to be had.
  Result<TaskId> launch(const LaunchOptions& program, Engine& engine, const JoinOptions& options);
  // Joins every thread of a living process, those included that are made meanwhile (they come with Born); of
  // a process that the tracer has already, too. PTRACE_SEIZE: nothing stops unless `hold` is asked for.
  // already_traced, not_permitted, no_such_process, gone: the text says why (another tracer by name, yama, a
  // capability, user or namespace). invalid: the engine has joined one of its tasks before.
  Result<std::vector<TaskId>> attach(Pid process, Engine& engine, const JoinOptions& options);
  // Joins one task that the tracer has already; from within Cloned: a child that has not run yet. In a forked
  // child the engine then has copies of its breakpoints and watchpoints in the parent, with the same
  // conditions and PointIds of their own. invalid: joined before.
  Result<> attach(TaskId task, Engine& engine, const JoinOptions& options);
  // When this returns, no call of the engine for the task is under way (but the one that the caller is in)
  // and none will come. Its breakpoints go with its last task in that memory. A signal that waits for its
  // verdict is delivered, unless a verdict said otherwise. The last engine's detach leaves the task as if
  // nobody had been there, soon: a running task must be stopped for that first.
  Result<> detach(TaskId task, Engine& engine);
  // From all its tasks that the engine has joined. no_such_process: the tracer does not have it.
  Result<> detach(Pid process, Engine& engine);
  // SIGKILL. Deaths are told as any others. no_such_process: the tracer does not have it.
  Result<> kill(Pid process);

  // utrace's control: what the engine wants from now on. stop: hold the task, Quiesced comes when it stands,
  // at once (but not from within this call) where it does already. Everything else ends the engine's hold;
  // the task runs when no other engine holds it. A step asked of a task that runs for others begins with a
  // stop that nobody is told of.
  Result<> control(TaskId task, Engine& engine, const Wish& wish);
  // Replaces the mask; in effect when this returns, for system calls from the next entry on.
  Result<> set_events(TaskId task, Engine& engine, EventMask events);
  // Waits until every call of an engine that was under way when this was called is done: what such a call
  // wrote can be read afterwards. Does nothing on the tracer's own thread.
  void barrier();
  // Runs `work` on the tracer's thread: after what is running there now, in the order of posting. Returns at
  // once. It may call the tracer, must not block and must not throw. What has not run when the tracer ends
  // never does.
  void post(std::function<void()> work);
  // The same, `delay` from now or a little later. What has not run when the tracer ends never does.
  void post_after(std::chrono::milliseconds delay, std::function<void()> work);

  // The tasks of a process that the tracer has, a leader that has exited before its threads included. Empty:
  // it does not have it.
  std::vector<TaskId> tasks(Pid process);
  // Also from within Died and Reaped. Nothing: the tracer does not have the task (any more).
  std::optional<Pid> process_of(TaskId task);

  // Memory as the program sees it: breakpoints do not show, writes go beneath them. Stops nobody, and passes
  // page protections as a debugger does (proc(5), mem). The count is short where the memory ends within the
  // range; unmapped: there is nothing at `address`.
  Result<std::size_t> read_memory(TaskId task, Addr address, std::span<std::byte> out);
  // unmapped: the range is not all there; its beginning may have been written. not_permitted: the kernel lets
  // nobody write there.
  Result<> write_memory(TaskId task, Addr address, std::span<const std::byte> bytes);
  // General registers of a task that stands, in the layout of <sys/user.h>, that of 64 bits also for a 32-bit
  // program. Of a task that sleeps in vfork: those of its call. not_stopped: it runs (a running task may stop
  // for a moment for others; only a hold makes sure).
  Result<> registers(TaskId task, user_regs_struct& out);
  // Taken over when the task goes on; read back before that they are there already. not_stopped as above.
  Result<> set_registers(TaskId task, const user_regs_struct& in);
  // All other registers, floating point and vectors among them, as the processor's XSAVE instruction lays
  // them out in its standard form (Intel SDM vol. 1, 13.4): the first 512 bytes are those of FXSAVE,
  // user_fpregs_struct of <sys/user.h>. not_stopped as above.
  Result<std::vector<std::byte>> extended_state(TaskId task);
  // Of the signal that the task stands with; without one, what PTRACE_GETSIGINFO tells of its stop.
  // not_stopped as above.
  Result<SigInfo> siginfo(TaskId task);
  // What the program has arranged for a signal (/proc/TID/status). Stops nobody. A number that is no signal
  // is ignored.
  Result<SignalDisposition> disposition(TaskId task, int signal);

  // Asked at each hit, on the tracer's thread, while the task stands; it may look at the task, must not block
  // and must not throw. Without one every hit is told.
  using Condition = std::function<bool(TaskId)>;
  // In the memory of the task's process (and of who shares it), for every task there that the engine is
  // attached to. Several at one address are told in one BreakpointHit. It is gone with an exec. `address`
  // must be the beginning of an instruction: nobody checks. unmapped: there is no memory.
  // Whoever shares the memory and has no engine passes it unseen, those included that were there before
  // anybody attached. Not so a process that is made with CLONE_UNTRACED after the memory has got its first
  // breakpoint: the kernel tells nobody of it, and it dies of SIGTRAP at any breakpoint it comes to.
  Result<PointId> add_breakpoint(TaskId task, Engine& engine, Addr address, Condition condition = nullptr);
  // The processor has no "read only".
  enum class Access : unsigned char { write, read_write };
  // `length` bytes, at least one, as far as the processor's debug registers reach: x86 has four slots of 1,
  // 2, 4 or 8 aligned bytes (Intel SDM vol. 3, 17.2) for all engines together; equal ones are shared.
  // no_resources: too many.
  Result<PointId> add_watchpoint(TaskId task, Engine& engine, Addr address, std::size_t length, Access access,
                                 Condition condition = nullptr);
  // A breakpoint or watchpoint. not_found: no such one of this engine, or gone already.
  Result<> remove(Engine& engine, PointId point);

 private:
  friend struct trace::TracerAccess;
  struct State;
  explicit Tracer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cotrace
