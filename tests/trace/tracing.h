// What every test of the core uses: a reactor, a core, engines that keep a diary, programs with their input
// and output.
#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <cotrace/engine.h>

#include "base/fd.h"
#include "base/reactor.h"
#include "trace/core.h"

namespace cotrace::test {

// An engine whose behaviour is a lambda, and which keeps what it was told.
class Diary : public Engine {
 public:
  using Handler = std::function<Verdict(TaskId, const Event&)>;
  explicit Diary(Handler handler = nullptr) : handler_(std::move(handler)) {}

  Verdict on_event(TaskId task, const Event& event) override {
    entries.push_back({task, event});
    return handler_ ? handler_(task, event) : Verdict{};
  }
  void behave(Handler handler) { handler_ = std::move(handler); }

  template <class Kind>
  [[nodiscard]] int count() const {
    int n = 0;
    for (const auto& entry : entries) n += std::holds_alternative<Kind>(entry.event) ? 1 : 0;
    return n;
  }
  // The last of this kind; the test fails where there is none.
  template <class Kind>
  [[nodiscard]] Kind last() const {
    for (auto it = entries.rbegin(); it != entries.rend(); ++it) {
      if (const auto* event = std::get_if<Kind>(&it->event)) return *event;
    }
    ADD_FAILURE() << "no such event";
    return {};
  }

  struct Entry {
    TaskId task;
    Event event;
  };
  std::vector<Entry> entries;

 private:
  Handler handler_;
};

inline const Verdict holding{ResumeAction::stop, {}, {}, {}};

inline const EventMask everything{EventKind::signal, EventKind::clone, EventKind::vfork_done, EventKind::exec,
                                  EventKind::death,  EventKind::reap,  EventKind::job_control};

// A program of tests/programs with its ends of the pipes.
struct Program {
  Pid pid;
  TaskId task;  // where the core launched it
  base::Fd input, output;

  // Reads up to and including the next line feed; the empty string at the end.
  std::string line();
  std::string rest();
  // Lets a program that waits for its stdin go on.
  void go();
};

class Tracing : public ::testing::Test {
 protected:
  Tracing();
  ~Tracing() override;

  // Runs the reactor until it is so; fails the test after half a minute.
  [[nodiscard]] bool until(const std::function<bool()>& so);
  // Handles what is ready until there is nothing more for a moment.
  void drain();

  // Launched by the core, held by the engine at its first instruction.
  Program launch(Diary& engine, std::vector<std::string> arguments, EventMask events = everything);
  // Started by the test alone, untraced.
  Program start(std::vector<std::string> arguments);
  // Reaps a program that start() made and that nobody traces any more; its wait status.
  int wait_for(const Program& program);

  // The run-time address of a symbol of the program's own executable.
  Addr symbol(TaskId task, const std::string& name);

  [[nodiscard]] bool died(const Diary& engine, TaskId task) const;
  ExitStatus status_of(const Diary& engine) const;  // of the process that ended last
  ExitStatus status_of(const Diary& engine, TaskId task) const;

  void resume(Diary& engine, TaskId task) { control(engine, task, ResumeAction::resume); }
  void control(Diary& engine, TaskId task, ResumeAction action) {
    auto done = core->control(task, engine, {action, std::nullopt, 0});
    ASSERT_TRUE(done) << done.error().text;
  }
  // Stops the first task that comes to the symbol, by a breakpoint that is gone afterwards.
  TaskId run_to(Diary& engine, const Program& program, const std::string& name);
  // One step of the task, told to the engine, which holds it again.
  void step(Diary& engine, TaskId task);
  // The engine joins every task of the process and holds it; it is left without a behaviour.
  std::vector<TaskId> attach_holding(Diary& engine, const Program& program);
  // One more engine on one task, which it holds from then on.
  void hold_too(Diary& engine, TaskId task);
  void resume_all(Diary& engine, const std::vector<TaskId>& tasks) {
    for (TaskId task : tasks) resume(engine, task);
  }
  // Runs the work in a process that is nobody's (root only), with a core of its own; fails where it does.
  void as_nobody(const std::function<void()>& work);
  std::string programs{COTRACE_PROGRAMS};  // where launch() and start() find theirs
  static constexpr unsigned nobody = 65534;
  // The number in the program's memory at a symbol.
  std::int64_t variable(TaskId task, const std::string& name);
  // The address of the instruction after the one that is there.
  Addr next_instruction(TaskId task, Addr address);

  std::uint64_t pc(TaskId task);
  // What is really in the memory of a process, breakpoints and all; no ptrace needed.
  static std::vector<std::byte> raw_memory(Pid pid, Addr address, std::size_t length);
  // How often the task has stood still, as the kernel counts it: each stop for a tracer is one, and so is
  // each time it slept (proc(5), voluntary_ctxt_switches). -1: no such task.
  static long switches_of(Tid tid);
  // R, S, T, t ... of /proc; '-' without such a task.
  static char state_of(Tid tid);
  // /proc/PID/status: who traces it, 0 for nobody, -1 where it is gone.
  static int tracer_of(Pid pid);
  // Every process that this thread traces, as the kernel tells it.
  static std::vector<Pid> traced_processes();

  std::unique_ptr<base::Reactor> reactor;
  std::unique_ptr<trace::Core> core;
};

std::string program_path(const std::string& name);

}  // namespace cotrace::test
