// Finding the process that runs a program of some name, now or as soon as there is one.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "base/reactor.h"
#include "session/target.h"

namespace cotrace::native {

// Processes whose executable has this file name (directories do not count), this one left out.
std::vector<Pid> processes_running(const std::string& program);

// No event tells of processes that nobody traces, so /proc is looked through again and again, as rarely as is
// needed to take up no more than a tenth of the time.
class ProgramWatch {
 public:
  using Done = std::move_only_function<void(Result<Pid>)>;

  explicit ProgramWatch(base::Reactor& reactor) : reactor_(reactor) {}

  // One at a time. `done` is not called from within; after stop() not at all.
  void find(const std::string& program, session::Processes::Which which, Done done);
  void stop();

 private:
  // A pid comes again; with its start time it does not.
  using Incarnation = std::pair<Pid, std::uint64_t>;
  void look();
  void finish(Result<Pid> found);

  base::Reactor& reactor_;
  base::Reactor::Watch next_look_;
  std::string program_;
  std::set<Incarnation> known_;  // not these
  Done done_;
};

}  // namespace cotrace::native
