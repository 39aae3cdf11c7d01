// A ready-made tracer with its output: what `cotrace trace`, `cotrace tree` and `cotrace catch` run.
//
// A job is an engine, or a few, written against the public interface alone (include/cotrace/). It neither
// knows where it runs, in the command that asked for it or in a server that has the process already, nor who
// reads what it writes.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include <cotrace/error.h>
#include <cotrace/ids.h>
#include <cotrace/tracer.h>

namespace cotrace::engines {

// Where a job's text goes. Never blocks: what the reader has not taken is kept.
class Output {
 public:
  virtual ~Output() = default;
  // What the job is for: the log, the tree, the reports. Whole lines or parts of them.
  virtual void write(std::string_view bytes) = 0;
  // A line for the person who started it, beside that (standard error). Without the line end.
  virtual void note(std::string_view line) = 0;
  // More is kept than is reasonable: hold the tasks that write so much (ResumeAction::stop) until
  // Job::output_drained().
  [[nodiscard]] virtual bool full() const = 0;
};

// How a job ended: the exit status of the program that it was started with, if there was one.
using JobEnded = std::function<void(std::optional<ExitStatus> program)>;

// Everything is called on the tracer's thread. Destroying it detaches it from everything without a word.
class Job {
 public:
  virtual ~Job() = default;
  // Starts a program, and follows it. A program that cannot be started: the job ends with code 127, and has
  // said so with a note.
  virtual Result<Pid> launch(const LaunchOptions& program) = 0;
  // Joins a living process. May be called for several, and while the job runs.
  virtual Result<> attach(Pid process) = 0;
  // Leaves every process, and writes what it has not written yet (a summary, for instance); ended() is not
  // called then.
  virtual void finish() = 0;
  // The reader has caught up.
  virtual void output_drained() {}
};

// What a job is made with. All of it outlives the job.
struct JobContext {
  Tracer& tracer;
  Output& output;
  // To be called, once, when the last of the processes that the job has joined has ended, and everything is
  // written. The job may be destroyed at any time after it has returned, but not from within.
  JobEnded ended;
  // What a person types to have a debugger on a process that the job holds.
  std::function<std::string(Pid)> how_to_connect;
};

}  // namespace cotrace::engines
