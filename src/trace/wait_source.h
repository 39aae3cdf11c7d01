// Where stops and deaths come from: wait statuses, drained fairly and cheaply.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include <cotrace/ids.h>

#include "linux/wait.h"

namespace cotrace::trace {

// Two facts shape this class. waitpid(-1) looks at every traced task, so it costs a thousand stopped threads
// on each single step; and it hands out the newest task first, so that a busy young thread starves an older
// one. Hence: where few tasks run, each of them is asked for by name; everything ready is collected before
// anything is handled; and the oldest comes first.
//
// A third: waitpid(-1) also reaps the children that the process around the core has for itself. What is not
// known is looked at first, and taken only if it is traced from here.
class WaitSource {
 public:
  explicit WaitSource(std::unique_ptr<sys::WaitCalls> calls) : calls_(std::move(calls)) {}

  // The task runs (or dies): a status of it may come.
  void expect(Tid tid) {
    running_.insert(tid);
    standing_.erase(tid);
    inherited_.erase(tid);
  }
  // It stands: nothing but its death can come.
  void expect_nothing(Tid tid) {
    running_.erase(tid);
    standing_.insert(tid);
  }
  // It is gone, and its id may become anybody's.
  void forget(Tid tid) {
    running_.erase(tid);
    standing_.erase(tid);
  }

  // The task is not traced any more, but is a child of this process of which nobody else knows: its end will
  // be taken, and told to nobody.
  void inherit(Tid tid) { inherited_.insert(tid); }

  // Every status that is ready, each task once, oldest first. `hint`: a task that SIGCHLD named.
  std::vector<sys::WaitStatus> drain(std::optional<Tid> hint);
  // Looks at every task, whether anything is expected of it or not: finds the death of a stopped task, and
  // strangers.
  std::vector<sys::WaitStatus> drain_all(std::optional<Tid> hint = std::nullopt);
  // One task that has just become known, now.
  std::optional<sys::WaitStatus> poll(Tid tid);

  // The last drain asked only for the tasks that run: the death of a stopped one may have been missed
  // (SIGCHLD is not queued, so its hint is lost when two come together) and drain_all() should be called when
  // there is time.
  [[nodiscard]] bool audit_due() const { return audit_due_; }

  // Up to this many running tasks are asked for one by one.
  static constexpr std::size_t few = 16;

 private:
  [[nodiscard]] bool known(Tid tid) const { return running_.contains(tid) || standing_.contains(tid); }
  bool ours(const sys::ReadyTask& ready);
  void sweep(const std::unordered_set<Tid>& tasks, std::vector<sys::WaitStatus>& out);
  void take(const sys::WaitStatus& status, std::vector<sys::WaitStatus>& out);

  std::unique_ptr<sys::WaitCalls> calls_;
  std::unordered_set<Tid> running_;
  std::unordered_set<Tid> standing_;
  std::unordered_set<Tid> inherited_;
  bool audit_due_{false};
};

}  // namespace cotrace::trace
