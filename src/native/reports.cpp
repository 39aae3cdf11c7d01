#include "native/reports.h"

#include <algorithm>
#include <utility>

#include "base/overloaded.h"
#include "session/stop_queue.h"

namespace cotrace::native {

using base::Overloaded;
using session::StopReport;

namespace {

// A child that the report makes known to the client.
std::optional<session::ThreadRef> child_of(const session::StopReason& reason) {
  using Child = std::optional<session::ThreadRef>;
  return std::visit(Overloaded{[](const session::stop::Fork& fork) -> Child { return fork.child; },
                               [](const session::stop::Vfork& vfork) -> Child { return vfork.child; },
                               [](const session::stop::Clone& clone) -> Child { return clone.child; },
                               [](const auto&) -> Child { return std::nullopt; }},
                    reason);
}

}  // namespace

void Reports::post(Thread& thread, session::StopReason reason) {
  // Every stop that was asked for is answered by this one: two for one request would be one too many.
  if (thread.joining) {
    // The client takes an attached thread for quietly stopped; what it was stopped with comes after its first
    // resume.
    thread.generation = client_.core.generation(thread.task);
    client_.view.show_stopped(thread, session::stop::Quiet{});
  }
  if (thread.halting) {
    thread.halting = false;
    --halting_;
  }
  const bool asked = thread.quieting || thread.interrupting;
  thread.quieting = thread.interrupting = false;
  if (thread.stopped || thread.pending) {
    thread.held_back.push_back(std::move(reason));
    return;
  }
  thread.generation = client_.core.generation(thread.task);
  thread.awaited = asked;
  thread.pending = std::move(reason);
  queue_.emplace_back(thread.task.serial);
  schedule();
}

void Reports::post(StopReport report) {
  queue_.emplace_back(std::move(report));
  schedule();
}

bool Reports::end_on_its_way() const {
  return std::ranges::any_of(queue_, [](const auto& item) {
    const auto* report = std::get_if<StopReport>(&item);
    return report != nullptr && session::ends_process(report->reason);
  });
}

void Reports::halting(Thread& thread) {
  if (std::exchange(thread.halting, true)) return;
  ++halting_;
}

void Reports::halted(Thread& thread) {
  if (!std::exchange(thread.halting, false)) return;
  --halting_;
  thread.generation = client_.core.generation(thread.task);
  client_.view.show_stopped(thread, session::stop::Quiet{});
  schedule();
}

void Reports::forget(Thread& thread) {
  if (std::exchange(thread.halting, false)) --halting_;
  thread.pending.reset();
  schedule();
}

void Reports::drop_undelivered() {
  // What is still true of them arises again: a breakpoint that was not stepped past is hit once more, a
  // signal is told after the next resume (Lifecycle::park).
  std::erase_if(queue_, [](const Item& item) { return std::holds_alternative<StopReport>(item); });
  for (const auto& item : queue_) {
    Thread* thread = client_.view.thread_of_serial(std::get<std::uint64_t>(item));
    if (thread == nullptr || !thread->pending) continue;
    thread->pending.reset();
    client_.view.show_stopped(*thread, session::stop::Quiet{});
  }
  queue_.clear();
}

void Reports::schedule() {
  if (std::exchange(scheduled_, true)) return;
  client_.later([this] { hand_over(); });
}

void Reports::hand_over() {
  // First: a listener that resumes a thread from within may well bring about the next report.
  scheduled_ = false;
  vforks_.begin_round();
  for (std::size_t at = 0; at < queue_.size();) {
    if (waits(queue_[at])) {
      ++at;
      continue;
    }
    Item item = std::move(queue_[at]);
    queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(at));
    if (const auto* report = std::get_if<StopReport>(&item)) {
      tell(*report);
    } else if (Thread* thread = client_.view.thread_of_serial(std::get<std::uint64_t>(item))) {
      hand_over(*thread);
    }
  }
  vforks_.end_round();
  // Halted comes after all reports of threads that stopped on their own: an all-stop client picks one of
  // those, and everything stands by then.
  if (!halt_asked_ || halting_ != 0) return;
  halt_asked_ = false;
  if (parked_) {
    std::exchange(parked_, nullptr)();
  } else if (client_.listener != nullptr) {
    client_.listener->on_halted();
  }
}

bool Reports::waits(const Item& item) {
  if (halt_asked_ || !std::holds_alternative<std::uint64_t>(item)) return false;
  const Thread* thread = client_.view.thread_of_serial(std::get<std::uint64_t>(item));
  return thread != nullptr && thread->pending && vforks_.waits(*thread);
}

void Reports::hand_over(Thread& thread) {
  if (!thread.pending) return;
  StopReport report{thread.ref, *std::exchange(thread.pending, std::nullopt)};
  client_.view.show_stopped(thread, report.reason);
  vforks_.told();
  if (thread.signal) thread.signal_unseen = false;
  if (const auto child = child_of(report.reason)) {
    if (Process* process = client_.view.process(child->pid)) process->unreported_child_of.reset();
    if (Thread* born = client_.view.thread(*child)) born->unreported = false;
  }
  tell(report);
}

void Reports::tell(const StopReport& report) {
  if (client_.listener != nullptr) client_.listener->on_stop(report);
}

}  // namespace cotrace::native
