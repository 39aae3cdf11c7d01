// One crash from the signal to its end: the threads come to stand one by one, are looked at one by one, and
// the core file is written a piece at a time, for the tracer's thread is everybody's.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <cotrace/engine.h>
#include <cotrace/tracer.h>

#include "engines/crash_catcher/core_file.h"
#include "engines/crash_catcher/crash.h"
#include "engines/crash_catcher/crash_catcher.h"
#include "engines/crash_catcher/report.h"

namespace cotrace::engines {

class CrashCase {
 public:
  // `crash` has its first thread, which stands.
  CrashCase(Tracer& tracer, Engine& engine, const CrashCatcherOptions& options, Crash crash);

  enum class Stage : std::uint8_t { gathering, looking, writing_core, done };
  [[nodiscard]] Stage stage() const { return stage_; }
  [[nodiscard]] const Crash& crash() const { return crash_; }
  [[nodiscard]] const std::optional<CoreResult>& core() const { return core_result_; }
  // Whether the signal is one of those that were about to end the process.
  [[nodiscard]] bool has_signal(int signal) const;

  // Asks all other threads to stop. From then on the engine answers all that it hears of the process's tasks
  // with `stop`.
  void gather();
  void stands(TaskId task);
  // Another thread is about to end the process, too.
  void crashes(TaskId task, const SigInfo& info);
  void thread_began(TaskId task);
  void thread_died(TaskId task);
  // Those that do not stop, as in state D, are not waited for any longer.
  void wait_no_longer();
  // Whether there is something for step() to do.
  [[nodiscard]] bool ready() const { return stage_ != Stage::done && waiting_.empty(); }
  // Does one thing, and goes to the next stage after the last of its kind.
  void step();
  // The process is not there any more, or is another program's: what is there is all there will be.
  void cut_short(std::string why);
  // The threads that crash are let go, and get their signals. The others wait for the end of the process: let
  // go with them, they might run far enough to crash as well.
  void leave();
  [[nodiscard]] bool leaving() const { return leaving_; }
  // It was let go by that: what it does now belongs to another story.
  [[nodiscard]] bool has_left(TaskId task) const;
  // All holds end.
  void let_go();

 private:
  void look_at_next();
  void look_at_process();
  void begin_core();
  void write_core();

  Tracer& tracer_;
  Engine& engine_;
  CrashCatcherOptions options_;
  Crash crash_;
  StackTracer stacks_;
  Stage stage_{Stage::gathering};
  bool leaving_{false};
  std::set<TaskId> waiting_;  // asked to stop
  std::size_t looked_at_{0};  // of crash_.threads
  std::unique_ptr<CoreFile> core_;
  std::optional<CoreResult> core_result_;
};

}  // namespace cotrace::engines
