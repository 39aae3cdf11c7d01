#include "trace/wait_source.h"

#include <algorithm>

namespace cotrace::trace {

void WaitSource::take(const sys::WaitStatus& status, std::vector<sys::WaitStatus>& out) {
  running_.erase(status.tid);
  out.push_back(status);
}

std::optional<sys::WaitStatus> WaitSource::poll(Tid tid) {
  auto status = calls_->wait_one(tid);
  if (status) running_.erase(tid);
  return status;
}

void WaitSource::sweep(std::vector<sys::WaitStatus>& out) {
  const std::vector<Tid> expected(running_.begin(), running_.end());
  for (Tid tid : expected) {
    if (auto status = calls_->wait_one(tid)) take(*status, out);
  }
}

std::vector<sys::WaitStatus> WaitSource::drain_all() {
  audit_due_ = false;
  std::vector<sys::WaitStatus> out;
  while (auto status = calls_->wait_any()) {
    take(*status, out);
    // Many at once (a halt of thousands of threads): by name they cost constant time each.
    if (out.size() == few) sweep(out);
  }
  std::ranges::reverse(out);
  return out;
}

std::vector<sys::WaitStatus> WaitSource::drain(std::optional<Tid> hint) {
  std::vector<sys::WaitStatus> out;
  const bool few_run = running_.size() <= few;
  bool explained = false;
  if (hint) {
    if (auto status = calls_->wait_one(*hint)) {
      explained = running_.contains(*hint);
      take(*status, out);
    }
  }
  if (!few_run || !explained) {
    auto rest = drain_all();
    out.insert(out.end(), rest.begin(), rest.end());
    return out;
  }
  sweep(out);
  audit_due_ = true;
  return out;
}

}  // namespace cotrace::trace
