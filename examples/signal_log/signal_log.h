// An engine that follows a program, and what it starts, and writes down signals, execs and ends.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <cotrace/tracer.h>

class SignalLog : public cotrace::Engine {
 public:
  // Starts the program. Call it once; the tracer must be there until run() has returned.
  cotrace::Result<> start(cotrace::Tracer& tracer, std::vector<std::string> command);
  // Does what takes too long for a callback, until the last process has ended. Not on the tracer's thread.
  void run();
  // As a shell has it: the program's own, or 128 and its signal. After run().
  [[nodiscard]] int exit_code() const { return exit_code_; }

  cotrace::Verdict on_event(cotrace::TaskId task, const cotrace::Event& event) override;

 private:
  // A task that stands before a signal that will end it.
  struct Doomed {
    cotrace::TaskId task;
    int signal;
  };

  cotrace::Verdict on(cotrace::TaskId task, const cotrace::event::Signal& event);
  cotrace::Verdict on(cotrace::TaskId task, const cotrace::event::Cloned& event);
  cotrace::Verdict on(cotrace::TaskId task, const cotrace::event::Born& event);
  cotrace::Verdict on(cotrace::TaskId task, const cotrace::event::Execed& event);
  cotrace::Verdict on(cotrace::TaskId task, const cotrace::event::Died& event);
  // These do not come: they are neither in the mask nor asked for.
  cotrace::Verdict on(cotrace::TaskId, const cotrace::event::Quiesced&) { return {}; }
  cotrace::Verdict on(cotrace::TaskId, const cotrace::event::SyscallEntry&) { return {}; }
  cotrace::Verdict on(cotrace::TaskId, const cotrace::event::SyscallExit&) { return {}; }
  cotrace::Verdict on(cotrace::TaskId, const cotrace::event::VforkDone&) { return {}; }
  cotrace::Verdict on(cotrace::TaskId, const cotrace::event::Exiting&) { return {}; }
  cotrace::Verdict on(cotrace::TaskId, const cotrace::event::Reaped&) { return {}; }
  cotrace::Verdict on(cotrace::TaskId, const cotrace::event::JobControl&) { return {}; }
  cotrace::Verdict on(cotrace::TaskId, const cotrace::event::HoldChanged&) { return {}; }
  cotrace::Verdict on(cotrace::TaskId, const cotrace::event::StepDone&) { return {}; }
  cotrace::Verdict on(cotrace::TaskId, const cotrace::event::BreakpointHit&) { return {}; }
  cotrace::Verdict on(cotrace::TaskId, const cotrace::event::WatchpointHit&) { return {}; }

  void write(cotrace::TaskId task, const std::string& what);
  std::optional<Doomed> next_doomed();
  std::string place_of(cotrace::TaskId task);

  cotrace::Tracer* tracer_{nullptr};

  // The tracer's thread only.
  std::optional<cotrace::Pid> program_;  // the first process, once it has begun
  int exit_code_{127};                   // what it stays if the program never begins

  std::mutex mutex_;  // guards the two below; never held around a call of the tracer
  std::deque<Doomed> doomed_;
  int processes_{0};  // that live
  std::condition_variable changed_;
};
