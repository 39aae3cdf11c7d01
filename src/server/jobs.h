// The jobs (engines/job.h) that run in this process: who is told what they write, and when they end.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/ids.h>
#include <cotrace/tracer.h>

#include "base/reactor.h"
#include "engines/all_processes.h"
#include "engines/job.h"

namespace cotrace::trace {
class Core;
}

namespace cotrace::server {

// What somebody wants to have run.
struct JobRequest {
  std::vector<std::string> words;  // the command and its options, as on the command line
  std::vector<Pid> processes;      // to join
  bool all{false};                 // and every other that may be joined, those that come later included
  bool all_with_init{false};       // pid 1 too
  std::string directory;           // that relative names in `words` are meant in
  int columns{80}, rows{24};       // of the terminal, if the output is one
  bool terminal{false};            // the output is one
  bool to_file{false};             // -o was given
  bool unicode{false};             // who reads it understands UTF-8
};

// Makes the job that a request describes. invalid: the words do not say one, and why.
using JobFactory =
    std::function<Result<std::unique_ptr<engines::Job>>(const JobRequest&, const engines::JobContext&)>;

// One job's outlet.
class JobOutlet : public engines::Output {
 public:
  // Called when full() has become false again.
  virtual void when_drained(std::function<void()> drained) = 0;
};

class Jobs {
 public:
  using HowToConnect = std::function<std::string(Pid)>;
  Jobs(base::Reactor& reactor, trace::Core& core, JobFactory factory, HowToConnect how_to_connect);
  ~Jobs();

  using Number = std::uint64_t;
  // `ended` is called once, from a turn of its own, when the job is over by itself (and is gone by then). The
  // outlet lives until `ended` has returned or finish() has.
  struct Wanted {
    JobRequest request;
    JobOutlet& outlet;
    engines::JobEnded ended;
  };
  // Joins what the request names. What cannot be joined is told by a note, and ends the job only where it was
  // all of it.
  Result<Number> join(Wanted wanted);
  // Starts a program under the job.
  struct Launched {
    Number number;
    Pid program;
  };
  Result<Launched> launch(Wanted wanted, const LaunchOptions& program);
  // The job writes what it has left to write, and is gone. `ended` is not called. Nothing if it is over.
  void finish(Number number);

  [[nodiscard]] bool empty() const { return running_.empty(); }
  // A line for each, as its command was written.
  [[nodiscard]] std::string describe() const;

 private:
  struct Running {
    Number number;
    std::string words;
    JobOutlet& outlet;
    engines::JobEnded ended;
    std::unique_ptr<engines::Job> job;
    std::unique_ptr<engines::AllProcesses> all;
    bool over{false};
  };
  Result<Running*> make(Wanted& wanted);
  void over(Number number, std::optional<ExitStatus> program);
  void remove(Number number);

  base::Reactor& reactor_;
  JobFactory factory_;
  HowToConnect how_to_connect_;
  std::unique_ptr<Tracer> tracer_;
  std::list<Running> running_;
  Number last_{0};
  std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

}  // namespace cotrace::server
