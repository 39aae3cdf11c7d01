// Stops: those that the client has yet to hear of, and those that it knows.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "session/target.h"

namespace cotrace::session {

// The action that counts for a thread: the leftmost one that matches. nullptr: none, the thread stays as it
// is.
const ThreadAction* action_for(std::span<const ThreadAction> actions, ThreadRef thread);
// The thread would run (step counts as running).
bool would_run(const ThreadAction* action);

// W and X.
bool ends_process(const StopReason& reason);
// A thread stands because of it; false for the ends of threads and processes and for N.
bool stops_thread(const StopReason& reason);
// What a fork, vfork or clone report brings along: all threads of the new process, or the new thread. It
// stands until the client has heard of it.
std::optional<ThreadPattern> newcomer(const StopReason& reason);

// Reports in the order in which they came, not yet told to the client. Both modes keep theirs here, so that a
// change of mode loses none.
class StopQueue {
 public:
  using iterator = std::deque<StopReport>::iterator;

  // A report that supersedes others of its process (an exec, the end of the process) takes those out.
  void push(StopReport report);
  // Takes out what `report` supersedes; it is told by other ways.
  void supersede(const StopReport& report);
  static bool supersedes(const StopReport& newer, const StopReport& older);
  // Just at the end.
  void append(StopReport report) { reports_.push_back(std::move(report)); }
  [[nodiscard]] bool empty() const { return reports_.empty(); }
  [[nodiscard]] std::size_t size() const { return reports_.size(); }
  // The queue is not empty.
  StopReport pop();
  StopReport take(iterator at);
  iterator erase(iterator at) { return reports_.erase(at); }
  iterator begin() { return reports_.begin(); }
  iterator end() { return reports_.end(); }
  // The stop of this thread, if one is here.
  iterator find(ThreadRef thread);
  // Nothing of this process is told any more (killed, detached).
  void drop(Pid pid);

  // Is it a thread that the client cannot know of yet, since the report of its birth is still here?
  [[nodiscard]] bool hides(ThreadRef thread) const;
  // `wanted` with actions in front that keep each thread standing which is reported or brought by a report
  // here: a wildcard must not start what the client has not heard of.
  [[nodiscard]] std::vector<ThreadAction> shield(std::vector<ThreadAction> wanted) const;

 private:
  std::deque<StopReport> reports_;
};

// The same for one report.
std::vector<ThreadAction> shield_report(const StopReport& report, std::vector<ThreadAction> wanted);

// What the client was told of each thread that it believes stopped. Threads that stand without a report of
// their own (all-stop halts the others silently) are not in here.
class ToldStops {
 public:
  void tell(const StopReport& report);
  // Those that run from now on are forgotten.
  void resume(std::span<const ThreadAction> actions);
  void drop(Pid pid);
  [[nodiscard]] const StopReason* find(ThreadRef thread) const;
  // The last one that was told, if that thread was not resumed since.
  [[nodiscard]] std::optional<ThreadRef> latest() const;

 private:
  std::map<ThreadRef, StopReason> stops_;
  std::optional<ThreadRef> latest_;
};

}  // namespace cotrace::session
