// A job on real programs, with a tracer of its own and its output kept.
#pragma once

#include <condition_variable>
#include <functional>
#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include <cotrace/tracer.h>

#include "base/fd.h"
#include "engines/job.h"

namespace cotrace::test {

// Keeps everything; may be looked at from any thread.
class KeptOutput : public engines::Output {
 public:
  void write(std::string_view bytes) override;
  void note(std::string_view line) override;
  [[nodiscard]] bool full() const override { return false; }

  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string notes() const;
  // Waits until `so` of the text and the notes is true; false after half a minute.
  [[nodiscard]] bool until(const std::function<bool(const std::string& text, const std::string& notes)>& so);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_, notes_;
};

std::string program_path(const std::string& name);
// Blocks SIGCHLD, as a tracer needs it.
std::unique_ptr<Tracer> new_tracer();

// Runs `work` on the tracer's thread and hands back what it returns.
template <class Work>
auto on_tracer(Tracer& tracer, Work work) {
  std::packaged_task<decltype(work())()> task(std::move(work));
  auto result = task.get_future();
  tracer.post([&task] { task(); });
  return result.get();
}

class JobRun {
 public:
  using Make = std::function<std::unique_ptr<engines::Job>(const engines::JobContext&)>;
  explicit JobRun(const Make& make);
  ~JobRun();
  JobRun(const JobRun&) = delete;
  JobRun& operator=(const JobRun&) = delete;

  // arguments[0] is a program of tests/programs, or a path.
  Result<Pid> launch(std::vector<std::string> arguments);
  Result<> attach(Pid process);
  void finish();
  // Waits for the job's end; fails the test after half a minute.
  std::optional<ExitStatus> end();
  // Of the output, a line each.
  [[nodiscard]] std::vector<nlohmann::json> objects() const;

  std::unique_ptr<Tracer> tracer;
  KeptOutput output;

 private:
  std::promise<std::optional<ExitStatus>> ended_;
  std::unique_ptr<engines::Job> job_;
};

// A program of tests/programs that nobody traces yet, with its standard input and output.
class Untraced {
 public:
  explicit Untraced(std::vector<std::string> arguments);
  ~Untraced();  // kills and reaps it, if that is still to be done
  Untraced(const Untraced&) = delete;
  Untraced& operator=(const Untraced&) = delete;

  std::string line();
  void go() { input_.close(); }
  // Its wait status.
  int wait();
  [[nodiscard]] Pid pid() const { return pid_; }

 private:
  Pid pid_;
  bool reaped_{false};
  base::Fd input_, output_;
};

}  // namespace cotrace::test
