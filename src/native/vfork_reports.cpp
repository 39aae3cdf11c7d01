#include "native/vfork_reports.h"

#include <algorithm>
#include <variant>

#include "native/scratch_code.h"

namespace cotrace::native {

namespace {

// How long a client has to do nothing before the threads that stand are taken for those that its user lets
// stand, and the longest that a vfork waits for one that does something all the time.
constexpr std::chrono::milliseconds quiet{200}, longest{2000};

// gdb may be about to get another thread of the process past a breakpoint.
bool may_be_stepped_displaced(const Thread& caller) {
  const Process& process = *caller.process;
  if (!process.scratch || !process.scratch->used()) return false;
  return std::ranges::any_of(process.threads, [&](const auto& entry) {
    const Thread& thread = *entry.second;
    return &thread != &caller && (thread.stopped || thread.wish.kind != Wish::Kind::run);
  });
}

}  // namespace

bool VforkReports::waits(const Thread& thread) {
  if (given_up_ || thread.awaited || !keeps_children_) return false;
  const Pid pid = thread.process->pid;
  const bool behind_one = parents_.contains(pid);
  if (!std::holds_alternative<session::stop::Vfork>(*thread.pending))
    return behind_one && thread.wish.kind == Wish::Kind::run;
  if (!behind_one && !may_be_stepped_displaced(thread)) return false;
  if (!since_) since_ = Clock::now();
  if (Clock::now() >= patience_ends()) return false;
  parents_.insert(pid);
  return true;
}

VforkReports::Clock::time_point VforkReports::patience_ends() const {
  return std::min(active_at_ + quiet, *since_ + longest);
}

void VforkReports::end_round() {
  given_up_ = false;
  if (parents_.empty()) {
    since_.reset();
    timer_.reset();
  } else if (!timer_.active()) {
    timer_ = client_.reactor.at(patience_ends(), [this] { look_again(); });
  }
}

void VforkReports::resumed() {
  active_at_ = Clock::now();
  if (parents_.empty()) return;
  timer_.reset();
  again_();
}

// The client may have been told of something since the timer was set.
void VforkReports::look_again() {
  timer_.reset();
  given_up_ = Clock::now() >= patience_ends();
  again_();
}

}  // namespace cotrace::native
