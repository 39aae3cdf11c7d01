// Programs that were launched here and let go: waits for their end and buries them.
#pragma once

#include <functional>
#include <map>
#include <set>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "base/fd.h"
#include "base/reactor.h"

namespace cotrace::server {

// Each process is held by a pidfd (pidfd_open(2)), so a process id that the kernel has given to somebody else
// meanwhile is never mistaken for it.
class ProcessWatch {
 public:
  // `ended` is called once per process; it may add others. `traced`: the tracer waits for it, whose word on
  // the death must not be taken away by burying it here.
  ProcessWatch(base::Reactor& reactor, std::function<bool(Pid)> traced, std::function<void(Pid)> ended)
      : reactor_(reactor), traced_(std::move(traced)), ended_(std::move(ended)) {}

  // Fails when there is no such process. One that is being watched already stays so.
  Result<> add(Pid process);
  // Somebody else reaps it: the tracer has it again.
  void remove(Pid process) { watched_.erase(process); }
  [[nodiscard]] bool contains(Pid process) const { return watched_.contains(process); }
  [[nodiscard]] bool empty() const { return watched_.empty(); }
  // SIGKILL to those of `processes` that are watched. Their end is still reported.
  void kill(const std::set<Pid>& processes);

 private:
  struct Entry {
    base::Fd pidfd;
    base::Reactor::Watch watch;
  };
  void on_end(Pid process);

  base::Reactor& reactor_;
  std::function<bool(Pid)> traced_;
  std::function<void(Pid)> ended_;
  std::map<Pid, Entry> watched_;
};

}  // namespace cotrace::server
