#include "trace/wait_source.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <ranges>
#include <sys/wait.h>

namespace cotrace::trace {

void WaitSource::take(const sys::WaitStatus& status, std::vector<sys::WaitStatus>& out) {
  running_.erase(status.tid);
  out.push_back(status);
}

// A new task may be here before the event that tells of it.
bool WaitSource::ours(const sys::ReadyTask& ready) {
  return ready.is_ptrace_stop || known(ready.tid) || calls_->traced_here(ready.tid);
}

void WaitSource::sweep(const std::unordered_set<Tid>& tasks, std::vector<sys::WaitStatus>& out) {
  for (Tid tid : std::vector<Tid>(tasks.begin(), tasks.end())) {
    if (auto status = calls_->wait_one(tid)) take(*status, out);
  }
}

std::optional<sys::WaitStatus> WaitSource::poll(Tid tid) {
  auto status = calls_->wait_one(tid);
  if (status) running_.erase(tid);
  return status;
}

std::vector<sys::WaitStatus> WaitSource::drain_all(std::optional<Tid> hint) {
  audit_due_ = false;
  std::vector<sys::WaitStatus> out;
  while (auto ready = calls_->peek()) {
    if (inherited_.contains(ready->tid) && calls_->wait_one(ready->tid)) {
      inherited_.erase(ready->tid);
      continue;
    }
    if (!ours(*ready)) {
      // It hides all that the kernel would have named after it, until its own parent takes it. New tasks that
      // are not known yet are asked for when they become known (begin_birth()), or where the hint names one.
      sweep(running_, out);
      sweep(standing_, out);
      if (hint && !known(*hint) && calls_->traced_here(*hint)) sweep({*hint}, out);
      break;
    }
    auto status = calls_->wait_one(ready->tid);
    // Woken by SIGKILL in between: its end comes with a SIGCHLD of its own, but those of others have been
    // seen.
    if (!status) continue;
    take(*status, out);
    // Many at once (a halt of thousands of threads): by name they cost constant time each.
    if (out.size() == few) sweep(running_, out);
  }
  // Deaths come in the order they were found in: the kernel shows a leader's only after its threads' were
  // taken, and an exec after those of all other threads. Of the stops the oldest comes first.
  const auto is_stop = [](const sys::WaitStatus& s) { return WIFSTOPPED(s.status); };
  std::vector<sys::WaitStatus> ordered;
  ordered.reserve(out.size());
  std::ranges::copy_if(out, std::back_inserter(ordered), std::not_fn(is_stop));
  std::ranges::copy_if(out | std::views::reverse, std::back_inserter(ordered), is_stop);
  return ordered;
}

std::vector<sys::WaitStatus> WaitSource::drain(std::optional<Tid> hint) {
  std::vector<sys::WaitStatus> out;
  const bool few_run = running_.size() <= few;
  bool explained = false;
  if (hint && known(*hint)) {
    if (auto status = calls_->wait_one(*hint)) {
      explained = running_.contains(*hint);
      take(*status, out);
    }
  }
  if (!few_run || !explained) {
    auto rest = drain_all(hint);
    out.insert(out.end(), rest.begin(), rest.end());
    return out;
  }
  sweep(running_, out);
  audit_due_ = true;
  return out;
}

}  // namespace cotrace::trace
