// The processes that a job has joined: those it was started with, and all that they make.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <cotrace/engine.h>
#include <cotrace/error.h>
#include <cotrace/event.h>
#include <cotrace/ids.h>
#include <cotrace/tracer.h>

namespace cotrace::engines {

// Belongs to the tracer's thread. Destroyed, it leaves them all.
class Followed {
 public:
  Followed(Tracer& tracer, Engine& engine, EventMask events)
      : tracer_(tracer), engine_(engine), events_(events) {}
  ~Followed() { leave_all(); }
  Followed(const Followed&) = delete;
  Followed& operator=(const Followed&) = delete;

  Result<TaskId> launch(const LaunchOptions& program);
  // No tasks: the process is followed already.
  Result<std::vector<TaskId>> attach(Pid process);
  // From within Cloned. False: a thread, which has its creator's attachment, or a process that was killed
  // before it could be joined.
  bool adopt(const event::Cloned& event);

  // To be told of each of the engine's events. It forgets processes that have ended.
  void saw(TaskId task, const Event& event);
  void leave_all();

  [[nodiscard]] bool follows(Pid process) const { return processes_.contains(process); }
  [[nodiscard]] bool empty() const { return processes_.empty(); }
  // Of the program that was launched, once it has ended.
  [[nodiscard]] std::optional<ExitStatus> program_status() const { return program_status_; }
  // It ended before its first instruction: there was no such program.
  [[nodiscard]] bool never_began() const { return program_status_.has_value() && !began_; }

 private:
  Tracer& tracer_;
  Engine& engine_;
  EventMask events_;
  std::set<Pid> processes_;
  std::optional<Pid> program_;
  bool began_{false};
  std::optional<ExitStatus> program_status_;
};

}  // namespace cotrace::engines
