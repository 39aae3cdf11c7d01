// The tracer: owns ptrace for this process and lets any number of engines share each task.
//
//   auto tracer = cotrace::Tracer::create();
//   MyEngine engine;
//   tracer.value()->attach(cotrace::Pid{1234}, engine, {.events = {cotrace::EventKind::signal}});
//
// Threads. One thread of the tracer's own makes every ptrace call and every call of an engine. All functions
// here may be called from any thread, from within Engine::on_event included; from another thread they wait
// for the tracer's thread.
//
// SIGCHLD. The tracer hears of stops through SIGCHLD, read from a signalfd; it must be blocked in every
// thread of the process (signalfd(2)). Block it in main() before starting threads; create() fails where the
// calling thread does not have it blocked.
#pragma once

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

struct user_regs_struct;

namespace cotrace {

// How an engine joins a task.
struct JoinOptions {
  EventMask events;
  bool hold{false};    // stop the task and hold it; Quiesced comes when it stands
  bool threads{true};  // threads that the task makes later get the same attachment, and hear Born
};

// A program to start.
struct LaunchOptions {
  std::vector<std::string> arguments;                   // arguments[0] is the program, found through PATH
  std::optional<std::vector<std::string>> environment;  // "NAME=VALUE"; without it, this process's own
  std::string working_directory;                        // empty: this process's own
  bool disable_randomization{true};                     // address-space layout as on every other run
};

// What an engine wants of a task from now on.
struct Wish {
  ResumeAction action{ResumeAction::resume};
  std::optional<SignalVerdict>
      signal;     // on the signal that the task stands with, if the verdict was left open
  int inject{0};  // a signal to deliver although none arrived
};

class Tracer {
 public:
  // invalid: SIGCHLD is not blocked. no_resources: out of descriptors.
  static Result<std::unique_ptr<Tracer>> create();
  // Detaches every engine from every task, and waits until nothing of the tracer is left in any of them. Not
  // from within on_event.
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // Starts a program; the engine hears Execed when it stands at its first instruction, or Died if it never
  // gets there.
  Result<TaskId> launch(const LaunchOptions& program, Engine& engine, const JoinOptions& options);
  // Joins every thread of a living process. already_traced, not_permitted, no_such_process: the text says
  // why.
  Result<std::vector<TaskId>> attach(Pid process, Engine& engine, const JoinOptions& options);
  // Joins one task that the tracer has already; from within Cloned: a child that has not run yet.
  Result<> attach(TaskId task, Engine& engine, const JoinOptions& options);
  // When this returns, no call of the engine for the task is under way (but the one that the caller is in)
  // and none will come. Its breakpoints go with it. The last engine's detach leaves the task as if nobody had
  // been there.
  Result<> detach(TaskId task, Engine& engine);
  Result<> detach(Pid process, Engine& engine);
  // SIGKILL.
  Result<> kill(Pid process);

  // utrace's control: what the engine wants from now on. stop: hold the task, Quiesced comes when it stands.
  Result<> control(TaskId task, Engine& engine, const Wish& wish);
  Result<> set_events(TaskId task, Engine& engine, EventMask events);
  // Waits until every call of an engine that was under way when this was called is done. Does nothing on the
  // tracer's own thread.
  void barrier();
  // Runs `work` on the tracer's thread, later.
  void post(std::function<void()> work);

  // The living tasks of a process that the tracer has.
  std::vector<TaskId> tasks(Pid process);
  std::optional<Pid> process_of(TaskId task);

  // Memory as the program sees it: breakpoints do not show, writes go beneath them. Stops nobody. The count
  // may be short.
  Result<std::size_t> read_memory(TaskId task, Addr address, std::span<std::byte> out);
  Result<> write_memory(TaskId task, Addr address, std::span<const std::byte> bytes);
  // General registers of a task that stands, in the layout of <sys/user.h>. not_stopped: it runs.
  Result<> registers(TaskId task, user_regs_struct& out);
  Result<> set_registers(TaskId task, const user_regs_struct& in);
  Result<SigInfo> siginfo(TaskId task);
  // What the program has arranged for a signal.
  Result<SignalDisposition> disposition(TaskId task, int signal);

  // In the memory of the task's process, for every thread of it that the engine is attached to. `condition`
  // is asked at each hit, on the tracer's thread; without one every hit is told.
  using Condition = std::function<bool(TaskId)>;
  Result<PointId> add_breakpoint(TaskId task, Engine& engine, Addr address, Condition condition = nullptr);
  enum class Access : unsigned char { write, read_write };
  // `length` bytes, as far as the processor's debug registers reach (x86: four slots of up to eight bytes).
  // no_resources: too many.
  Result<PointId> add_watchpoint(TaskId task, Engine& engine, Addr address, std::size_t length, Access access,
                                 Condition condition = nullptr);
  Result<> remove(Engine& engine, PointId point);

 private:
  struct State;
  explicit Tracer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cotrace
