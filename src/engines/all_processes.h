// Every process that may be joined, those that come later included: for jobs that look at a whole user or
// container.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>

#include <cotrace/ids.h>
#include <cotrace/tracer.h>

#include "engines/job.h"

namespace cotrace::engines {

// As root: every process of the pid namespace that this process is in; else every one of the same user.
// Left out are this process with those it descends from (whoever reads what it writes would stop with it),
// pid 1 unless asked for, the kernel's threads, and what is traced already.
//
// What the processes that are joined make, the job follows by itself, from the first instruction on. A
// process that comes from one that is not joined (pid 1, another user's) is found by looking at the process
// ids that the kernel has given out since the last look: so soon, but not at once.
class AllProcesses {
 public:
  AllProcesses(Tracer& tracer, Job& job, bool with_init);
  ~AllProcesses();
  AllProcesses(const AllProcesses&) = delete;
  AllProcesses& operator=(const AllProcesses&) = delete;

  // On the tracer's thread.
  void start();

 private:
  enum class Wanted : unsigned char { yes, no, not_yet };
  void look();
  void look_at_all();
  void look_at_new(std::uint64_t from, std::uint64_t to);
  void look_at(Pid process, unsigned looks);
  [[nodiscard]] Wanted wanted(Pid process) const;

  Tracer& tracer_;
  Job& job_;
  bool with_init_;
  std::set<Pid> left_out_;             // ourselves, and those we come from
  std::map<Pid, unsigned> undecided_;  // new, and not this user's so far: how often it is looked at again
  std::uint64_t last_given_{0};        // the latest process id, when it was last looked
  std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

}  // namespace cotrace::engines
