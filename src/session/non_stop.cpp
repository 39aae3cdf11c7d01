// Non-stop: each stop is told by itself, one %Stop notification at a time; the client fetches the others with
// vStopped.
#include <algorithm>
#include <optional>
#include <utility>

#include "session/state.h"
#include "session/stop_reply.h"

namespace cotrace::session {

namespace {

class NonStop final : public StopMode {
 public:
  explicit NonStop(Conversation& talk) : talk_(talk) {}

  void on_stop(const StopReport& report) override;
  // halt() belongs to all-stop; one that was under way when the client changed the mode ends here.
  void on_halted() override {}
  rsp::Reply resume(std::vector<ThreadAction> actions) override;
  rsp::Reply halt_reason() override;
  rsp::Reply next_stop() override;
  void interrupt() override { talk_.target.interrupt(); }
  // The process runs on; gdb 13 sends vCont;t and waits for the %Stop.
  rsp::Reply attached(const StopReport&) override { return rsp::reply::Ok{}; }
  void forget(Pid pid) override;
  [[nodiscard]] bool awaited() const override { return false; }

 private:
  // The next untold stop goes out as the answer to vStopped or `?`; none: OK.
  rsp::Reply fetch();
  void notify_next();
  void take_next();
  void answered(Pid pid);
  // All that it has been told of has been answered: it is interested in the end of the last thread that runs.
  [[nodiscard]] bool waits_for_what_runs() const;

  Conversation& talk_;
  // The client has not acked the last stop with vStopped. No further %Stop may be sent until it has fetched
  // all.
  bool unacked_{false};
  // The last thread that it was told stands, if it has resumed nothing since: it has the word.
  std::optional<ThreadRef> unanswered_;
  // That stop. Its thread is not resumed before the ack: the client cannot have seen it. Empty if its process
  // is gone.
  std::optional<StopReport> in_flight_;
  // The stop in flight answers a `?`; the others come after its ack, see next_stop().
  bool answering_question_{false};
};

void NonStop::on_stop(const StopReport& report) {
  if (std::holds_alternative<stop::NoResumed>(report.reason) && !waits_for_what_runs()) return;
  // An exec comes under the leader's id, whichever thread called it; the leader may have been told stopped
  // (gdb.threads/non-ldr-exc-1.exp with scheduler-locking).
  const bool replaces = std::holds_alternative<stop::Exec>(report.reason);
  if (stops_thread(report.reason) && !replaces && talk_.told.find(report.thread) != nullptr) {
    // gdb 13 and 16 abort when a thread stops that they believe stopped.
    talk_.target.withdraw(report);
    return;
  }
  talk_.untold.push(report);
  if (!unacked_) notify_next();
}

// An N among stops is out of date when gdb 13 comes to it, for it resumes the threads of the stops before it:
// it then takes its target out of its event loop and asks for the thread list for ever (stop_all_threads;
// forks.follow_fork_mt, over the non-stop protocol).
bool NonStop::waits_for_what_runs() const {
  return talk_.features.no_resumed && !unanswered_ &&
         std::ranges::none_of(talk_.untold, [](const StopReport& r) { return stops_thread(r.reason); });
}

void NonStop::notify_next() {
  take_next();
  unacked_ = true;
  talk_.notify_stop(*in_flight_);
}

void NonStop::take_next() {
  in_flight_ = talk_.untold.pop();
  if (stops_thread(in_flight_->reason)) {
    unanswered_ = in_flight_->thread;
  } else if (ends_process(in_flight_->reason)) {
    answered(in_flight_->thread.pid);
  }
}

rsp::Reply NonStop::resume(std::vector<ThreadAction> actions) {
  actions = talk_.untold.shield(std::move(actions));
  if (in_flight_) actions = shield_report(*in_flight_, std::move(actions));
  if (std::ranges::any_of(actions, [](const ThreadAction& a) { return would_run(&a); })) unanswered_.reset();
  talk_.told.resume(actions);
  talk_.target.resume(actions);
  return rsp::reply::Ok{};
}

rsp::Reply NonStop::next_stop() {
  if (!unacked_) return rsp::reply::Ok{};
  if (!std::exchange(answering_question_, false)) return fetch();
  // gdb 13 aborts while it connects if `?` brings it more than one stop (remote_target::wait,
  // "async_event_handler_marked"; gdb.server/attach-flag.exp). gdbserver never has more than one: it lets the
  // other threads of an attached process run when the client asks for non-stop. Here they stand, and are told
  // in the usual way, as soon as the answer is complete.
  in_flight_.reset();
  unacked_ = false;
  talk_.send(rsp::reply::Ok{});
  if (!talk_.untold.empty()) notify_next();
  return rsp::reply::Later{};
}

rsp::Reply NonStop::fetch() {
  in_flight_.reset();
  unacked_ = !talk_.untold.empty();
  if (!unacked_) return rsp::reply::Ok{};
  take_next();
  return talk_.tell(*in_flight_);
}

// The report starts over: every thread that stands is told, in whatever state the sequence before was.
rsp::Reply NonStop::halt_reason() {
  StopQueue again;
  for (const ThreadRef thread : talk_.visible_threads()) {
    if (!talk_.target.stopped(thread)) continue;
    if (const auto untold = talk_.untold.find(thread); untold != talk_.untold.end()) {
      again.append(talk_.untold.take(untold));
    } else if (const StopReason* reason = talk_.told.find(thread)) {
      again.append({thread, *reason});
    } else {
      again.append({thread, stop::Quiet{}});
    }
  }
  // What is left is no thread that stands: ends of threads and processes.
  for (StopReport& report : talk_.untold) again.append(std::move(report));
  talk_.untold = std::move(again);
  const auto reply = fetch();
  answering_question_ = unacked_;
  return reply;
}

void NonStop::forget(Pid pid) {
  if (in_flight_ && in_flight_->thread.pid == pid) in_flight_.reset();
  answered(pid);
}

// There is nothing left to answer of a process that is gone.
void NonStop::answered(Pid pid) {
  if (unanswered_ && unanswered_->pid == pid) unanswered_.reset();
}

}  // namespace

std::unique_ptr<StopMode> make_non_stop(Conversation& talk) {
  return std::make_unique<NonStop>(talk);
}

}  // namespace cotrace::session
