#include "session/stop_queue.h"

#include <algorithm>
#include <utility>

#include "base/overloaded.h"

namespace cotrace::session {

using base::Overloaded;

const ThreadAction* action_for(std::span<const ThreadAction> actions, ThreadRef thread) {
  const auto found =
      std::ranges::find_if(actions, [&](const ThreadAction& a) { return a.who.matches(thread); });
  return found == actions.end() ? nullptr : &*found;
}

bool would_run(const ThreadAction* action) {
  return action != nullptr && !std::holds_alternative<act::Stop>(action->what);
}

bool ends_process(const StopReason& reason) {
  return std::holds_alternative<stop::Exited>(reason) || std::holds_alternative<stop::Killed>(reason);
}

bool stops_thread(const StopReason& reason) {
  return !ends_process(reason) && !std::holds_alternative<stop::ThreadExited>(reason) &&
         !std::holds_alternative<stop::NoResumed>(reason);
}

std::optional<ThreadPattern> newcomer(const StopReason& reason) {
  using Pattern = std::optional<ThreadPattern>;
  return std::visit(
      Overloaded{
          [](const stop::Fork& fork) -> Pattern { return ThreadPattern{fork.child.pid, {}}; },
          [](const stop::Vfork& vfork) -> Pattern { return ThreadPattern{vfork.child.pid, {}}; },
          [](const stop::Clone& clone) -> Pattern { return ThreadPattern{clone.child.pid, clone.child.tid}; },
          [](const auto&) -> Pattern { return std::nullopt; }},
      reason);
}

void StopQueue::push(StopReport report) {
  supersede(report);
  reports_.push_back(std::move(report));
}

void StopQueue::supersede(const StopReport& report) {
  std::erase_if(reports_, [&](const StopReport& older) { return supersedes(report, older); });
}

bool StopQueue::supersedes(const StopReport& newer, const StopReport& older) {
  if (!ends_process(newer.reason) && !std::holds_alternative<stop::Exec>(newer.reason)) return false;
  // The threads are gone, and what they had hit is gone with them. The child of an untold fork is not: that
  // report must stay, or the client never hears of the process.
  return older.thread.pid == newer.thread.pid && !newcomer(older.reason).has_value();
}

StopReport StopQueue::pop() {
  return take(reports_.begin());
}

StopReport StopQueue::take(iterator at) {
  StopReport report = std::move(*at);
  reports_.erase(at);
  return report;
}

StopQueue::iterator StopQueue::find(ThreadRef thread) {
  return std::ranges::find_if(
      reports_, [&](const StopReport& r) { return r.thread == thread && stops_thread(r.reason); });
}

void StopQueue::drop(Pid pid) {
  std::erase_if(reports_, [&](const StopReport& r) { return r.thread.pid == pid; });
}

bool StopQueue::hides(ThreadRef thread) const {
  return std::ranges::any_of(reports_, [&](const StopReport& r) {
    const auto born = newcomer(r.reason);
    return born && born->matches(thread);
  });
}

namespace {

bool overlap(const ThreadPattern& a, const ThreadPattern& b) {
  return (!a.pid || !b.pid || *a.pid == *b.pid) && (!a.tid || !b.tid || *a.tid == *b.tid);
}

// Only where it matters: with thousands of stops queued, an action for one thread must not become thousands.
void add_shields(const StopReport& report, std::span<const ThreadAction> wanted,
                 std::vector<ThreadAction>& out) {
  const auto shield = [&](const ThreadPattern& who) {
    const auto meets = [&](const ThreadAction& a) { return would_run(&a) && overlap(a.who, who); };
    if (std::ranges::any_of(wanted, meets)) out.push_back({who, act::Stop{}});
  };
  if (stops_thread(report.reason)) shield({report.thread.pid, report.thread.tid});
  if (const auto born = newcomer(report.reason)) shield(*born);
}

std::vector<ThreadAction> in_front(std::vector<ThreadAction> shields, std::vector<ThreadAction> wanted) {
  if (shields.empty()) return wanted;
  shields.insert(shields.end(), wanted.begin(), wanted.end());
  return shields;
}

}  // namespace

std::vector<ThreadAction> StopQueue::shield(std::vector<ThreadAction> wanted) const {
  std::vector<ThreadAction> shields;
  for (const StopReport& report : reports_) add_shields(report, wanted, shields);
  return in_front(std::move(shields), std::move(wanted));
}

std::vector<ThreadAction> shield_report(const StopReport& report, std::vector<ThreadAction> wanted) {
  std::vector<ThreadAction> shields;
  add_shields(report, wanted, shields);
  return in_front(std::move(shields), std::move(wanted));
}

void ToldStops::tell(const StopReport& report) {
  const ThreadRef thread = report.thread;
  if (ends_process(report.reason)) {
    drop(thread.pid);
  } else if (std::holds_alternative<stop::ThreadExited>(report.reason)) {
    stops_.erase(thread);
  } else if (stops_thread(report.reason)) {
    // All other threads vanish in an exec without any word of their own.
    if (std::holds_alternative<stop::Exec>(report.reason)) drop(thread.pid);
    stops_.insert_or_assign(thread, report.reason);
    latest_ = thread;
  }
}

void ToldStops::resume(std::span<const ThreadAction> actions) {
  std::erase_if(stops_, [&](const auto& entry) { return would_run(action_for(actions, entry.first)); });
}

void ToldStops::drop(Pid pid) {
  std::erase_if(stops_, [&](const auto& entry) { return entry.first.pid == pid; });
}

const StopReason* ToldStops::find(ThreadRef thread) const {
  const auto found = stops_.find(thread);
  return found == stops_.end() ? nullptr : &found->second;
}

std::optional<ThreadRef> ToldStops::latest() const {
  return latest_ && stops_.contains(*latest_) ? latest_ : std::nullopt;
}

}  // namespace cotrace::session
