// All-stop: the client resumes, waits for one stop reply, and then believes that everything stands.
//
// The first report halts the rest before it is told. What else is reported meanwhile is held back, and comes
// after the client's own resume, if it is still true then, instead of running anything.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/overloaded.h"
#include "session/state.h"

namespace cotrace::session {

namespace {

using base::Overloaded;

// The end of a process is no answer to the step of a thread of another: gdb 13 would take that step, past a
// breakpoint, for still under way, and never resume anything again (forks.follow_fork child_keep_schedule).
// gdbserver keeps back whatever happens in what was not resumed.
bool may_hear_the_end_of(std::span<const ThreadAction> actions, Pid pid) {
  return std::ranges::any_of(actions, [pid](const ThreadAction& action) {
    return would_run(&action) && (!action.who.tid || action.who.pid.value_or(pid) == pid);
  });
}

class AllStop final : public StopMode {
 public:
  explicit AllStop(Conversation& talk) : talk_(talk) {}

  void on_stop(const StopReport& report) override;
  void on_halted() override;
  rsp::Reply resume(std::vector<ThreadAction> actions) override;
  rsp::Reply halt_reason() override;
  rsp::Reply next_stop() override { return rsp::reply::Ok{}; }
  void interrupt() override;
  rsp::Reply attached(const StopReport& report) override { return talk_.tell(report); }
  void forget(Pid pid) override;
  [[nodiscard]] bool awaited() const override { return phase_ == Phase::running; }

 private:
  enum class Phase {
    standing,  // the client has the word
    running,   // it waits for a stop reply
    halting,   // a report is there (or a `?`), the rest is being stopped
  };

  void forget_signals(Pid pid);
  void owe_signals(std::span<const ThreadAction> actions);
  std::optional<ThreadRef> interruptible(std::span<const ThreadAction> actions);
  rsp::Reply status();
  rsp::Reply tell(const StopReport& report);
  void keep_beside_vfork(std::vector<ThreadAction>& actions) const;
  std::optional<StopReport> held_back(std::span<const ThreadAction> actions);
  StopQueue::iterator first_of_ending(StopQueue::iterator end_report);
  bool worth_telling(const StopReport& report, const ThreadAction& action);
  bool anybody(std::span<const ThreadAction> actions);
  std::vector<ThreadAction> with_owed_signals(std::vector<ThreadAction> actions);

  Conversation& talk_;
  Phase phase_{Phase::standing};
  // The report that ended the run. Not in the queue: what was held back in earlier runs is older, but of
  // threads that need not have run this time.
  std::optional<StopReport> first_;
  std::vector<ThreadAction> resumed_;  // what the client last asked for
  std::optional<Deferred> question_;   // a `?` that waits for the halt
  // Signals that the client gave a thread which did not run, because it had a held-back stop to tell of
  // first.
  std::map<ThreadRef, int> owed_;
  bool interrupt_owed_{false};  // a Ctrl-C that no stop has answered yet
};

void AllStop::on_stop(const StopReport& report) {
  if (std::holds_alternative<stop::NoResumed>(report.reason)) {
    // Of interest only to a client that waits and has nothing else to hear.
    if (phase_ != Phase::running) return;
  }
  if (ends_process(report.reason)) forget_signals(report.thread.pid);
  const bool replaces_first = first_ && StopQueue::supersedes(report, *first_);
  const bool awaited_end = !ends_process(report.reason) || may_hear_the_end_of(resumed_, report.thread.pid);
  if ((phase_ != Phase::running || !awaited_end) && !replaces_first) {
    talk_.untold.push(report);
    return;
  }
  first_ = report;
  talk_.untold.supersede(report);
  if (phase_ == Phase::running) {
    phase_ = Phase::halting;
    // Also when a process has ended: gdb takes all others for stopped then, and reads their registers.
    // gdbserver up to 17 does not stop them, and gdb gets stuck.
    talk_.target.halt();
  }
}

void AllStop::on_halted() {
  if (phase_ != Phase::halting) return;
  phase_ = Phase::standing;
  const auto first = std::exchange(first_, std::nullopt);
  // None for a `?`, or if the process was killed or let go since.
  const rsp::Reply reply = first ? tell(*first) : status();
  if (auto question = std::exchange(question_, std::nullopt)) {
    question->answer(reply);
  } else {
    talk_.send(reply);
  }
}

// Only a stop that says so pays for a Ctrl-C. gdb deals with any other without its user: it steps, evaluates
// conditions, runs commands that end in "continue", follows an exec, and would run on
// (gdb.base/bp-cmds-continue-ctrl-c.exp). gdbserver's SIGINT stays pending in the same way. The end of the
// process takes it along.
rsp::Reply AllStop::tell(const StopReport& report) {
  if (std::holds_alternative<stop::Interrupted>(report.reason) || ends_process(report.reason))
    interrupt_owed_ = false;
  return talk_.tell(report);
}

rsp::Reply AllStop::resume(std::vector<ThreadAction> actions) {
  // Only a confused client resumes what runs; the answer to its first resume is still to come.
  if (phase_ != Phase::standing) return rsp::reply::Later{};
  if (std::ranges::none_of(actions, [](const ThreadAction& a) { return would_run(&a); }))
    return halt_reason();
  if (auto held = held_back(actions)) {
    owe_signals(actions);
    talk_.told.resume(actions);
    return tell(*held);
  }
  // A client that resumes one thread of a process that has just been killed is to hear of the end: gdb 13
  // goes on waiting after an N (lifecycle.killed_by_somebody_else).
  if (!anybody(actions) && !talk_.any_dying()) return talk_.tell({{}, stop::NoResumed{}});
  if (std::exchange(interrupt_owed_, false)) {
    if (const auto thread = interruptible(actions)) {
      owe_signals(actions);
      talk_.told.resume(actions);
      return talk_.tell({*thread, stop::Interrupted{}});
    }
  }
  // Shields last: what is still held back now is of threads that the client does not resume, but a wildcard
  // of its may cover the children that those reports are about.
  actions = with_owed_signals(talk_.untold.shield(std::move(actions)));
  talk_.told.resume(actions);
  keep_beside_vfork(actions);
  resumed_ = actions;
  phase_ = Phase::running;
  talk_.console({});  // what has come in since the last stop
  talk_.target.resume(actions);
  return rsp::reply::Later{};
}

// Told of a vfork, lldb takes its breakpoints out until the vfork is done, and lets all threads of the
// process run past them (19.1.7: it shows 14 of 62 hits with lldb-server). Only the one that is in vfork goes
// on.
void AllStop::keep_beside_vfork(std::vector<ThreadAction>& actions) const {
  if (!talk_.in_vfork) return;
  const ThreadRef caller = *talk_.in_vfork;
  const ThreadAction* its_own = action_for(actions, caller);
  if (!would_run(its_own)) return;
  const auto what = its_own->what;
  actions.insert(actions.begin(),
                 {{{caller.pid, caller.tid}, what}, {{caller.pid, std::nullopt}, act::Stop{}}});
}

// The report that the client is told instead of the resume it asked for; those that are true no more are
// withdrawn.
std::optional<StopReport> AllStop::held_back(std::span<const ThreadAction> actions) {
  StopQueue& held = talk_.untold;
  for (auto at = held.begin(); at != held.end();) {
    if (ends_process(at->reason)) {
      if (may_hear_the_end_of(actions, at->thread.pid)) return held.take(first_of_ending(at));
      ++at;
      continue;
    }
    const ThreadAction* action = action_for(actions, at->thread);
    if (!would_run(action)) {
      ++at;
    } else if (worth_telling(*at, *action)) {
      return held.take(at);
    } else {
      const StopReport report = std::move(*at);
      at = held.erase(at);
      talk_.target.withdraw(report);
    }
  }
  return std::nullopt;
}

// The client takes all that it resumed for running, with the signals that it gave.
void AllStop::owe_signals(std::span<const ThreadAction> actions) {
  const auto signal_of = [](const ThreadAction& action) {
    return std::visit(Overloaded{[](const act::Continue& c) { return c.signal; },
                                 [](const act::Step& s) { return s.signal; }, [](const auto&) { return 0; }},
                      action.what);
  };
  // Thousands of threads are looked at only for a signal.
  if (std::ranges::none_of(actions, [&](const ThreadAction& a) { return signal_of(a) != 0; })) return;
  for (ThreadRef thread : talk_.target.threads()) {
    const ThreadAction* action = action_for(actions, thread);
    if (action != nullptr && signal_of(*action) != 0) owed_[thread] = signal_of(*action);
  }
}

// The thread that answers a Ctrl-C which came too late for the run before: the one told last, if the client
// resumes it.
std::optional<ThreadRef> AllStop::interruptible(std::span<const ThreadAction> actions) {
  if (const auto latest = talk_.told.latest();
      latest && talk_.target.alive(*latest) && would_run(action_for(actions, *latest))) {
    return latest;
  }
  for (ThreadRef thread : talk_.visible_threads()) {
    if (would_run(action_for(actions, thread))) return thread;
  }
  return std::nullopt;
}

// Before the end of a process is told, the children that it left untold: afterwards nobody would ask for
// them.
StopQueue::iterator AllStop::first_of_ending(StopQueue::iterator end_report) {
  const auto with_child = std::find_if(talk_.untold.begin(), end_report, [&](const StopReport& r) {
    return r.thread.pid == end_report->thread.pid && newcomer(r.reason).has_value();
  });
  return with_child;
}

bool AllStop::worth_telling(const StopReport& report, const ThreadAction& action) {
  const bool steps =
      std::holds_alternative<act::Step>(action.what) || std::holds_alternative<act::RangeStep>(action.what);
  return std::visit(
      Overloaded{// Nobody waits for the step any more, if the thread is to run on.
                 [&](const stop::Step&) { return steps && talk_.target.still_true(report); },
                 [](const stop::Quiet&) { return false; },
                 // The thread is gone: there is nothing to compare with.
                 [](const stop::ThreadExited&) { return true; }, [](const stop::NoResumed&) { return false; },
                 [&](const auto&) { return talk_.target.still_true(report); }},
      report.reason);
}

// Is there anything that can run? Otherwise the client would wait for ever. Counts no threads: there may be
// thousands.
bool AllStop::anybody(std::span<const ThreadAction> actions) {
  return std::ranges::any_of(actions, [&](const ThreadAction& action) {
    if (!would_run(&action)) return false;
    if (action.who.pid && action.who.tid) return talk_.target.alive({*action.who.pid, *action.who.tid});
    if (action.who.tid) {
      return std::ranges::any_of(talk_.target.threads(), [&](ThreadRef t) { return action.who.matches(t); });
    }
    Processes* processes = talk_.target.processes();
    if (processes == nullptr || !action.who.pid) return true;
    const auto all = processes->list();
    return std::ranges::find(all, *action.who.pid) != all.end();
  });
}

std::vector<ThreadAction> AllStop::with_owed_signals(std::vector<ThreadAction> actions) {
  std::vector<ThreadAction> first;
  for (auto at = owed_.begin(); at != owed_.end();) {
    const ThreadRef thread = at->first;
    const ThreadAction* action = action_for(actions, thread);
    if (!would_run(action)) {
      ++at;
      continue;
    }
    // A signal that the client gives now comes first; a range step has no room for one.
    const int signal = at->second;
    auto what = action->what;
    std::visit(Overloaded{[&](act::Continue& c) { c.signal = c.signal != 0 ? c.signal : signal; },
                          [&](act::Step& s) { s.signal = s.signal != 0 ? s.signal : signal; },
                          [&](act::RangeStep&) { what = act::Step{signal}; }, [](act::Stop&) {}},
               what);
    first.push_back({{thread.pid, thread.tid}, what});
    at = owed_.erase(at);
  }
  if (first.empty()) return actions;
  first.insert(first.end(), actions.begin(), actions.end());
  return first;
}

rsp::Reply AllStop::halt_reason() {
  const auto all = talk_.target.threads();
  const bool standing = phase_ == Phase::standing &&
                        std::ranges::all_of(all, [&](ThreadRef t) { return talk_.target.stopped(t); });
  // Nothing was asked of the threads, so nothing is withdrawn: the answer may come again with the next `?`.
  if (standing) return status();
  // A client that has just connected finds threads running, or has left non-stop.
  if (question_) return rsp::reply::Error{};
  question_.emplace(talk_);
  if (phase_ != Phase::halting) talk_.target.halt();
  phase_ = Phase::halting;
  return rsp::reply::Later{};
}

// Everything stands: the stop that the client was told last, or the first untold one, or any thread.
rsp::Reply AllStop::status() {
  if (const auto latest = talk_.told.latest(); latest && talk_.target.alive(*latest)) {
    return talk_.tell({*latest, *talk_.told.find(*latest)});
  }
  const auto untold =
      std::ranges::find_if(talk_.untold, [](const StopReport& r) { return stops_thread(r.reason); });
  if (untold != talk_.untold.end()) return talk_.tell(talk_.untold.take(untold));
  const auto all = talk_.visible_threads();
  if (!all.empty()) return talk_.tell({all.front(), stop::Quiet{}});
  // lldb would take it for the end of a program that it has yet to start, and wait for ever for another one.
  if (talk_.features.lldb) return rsp::reply::Error{};
  // gdbserver says so in remote mode as well, and gdb then reports that there is no process.
  return rsp::reply::Payload{"W00"};
}

void AllStop::interrupt() {
  // gdb sends Ctrl-C only while it waits. If everything stands, it has crossed a stop reply on the way; and
  // gdb may resume without asking its user: stepping for a software watchpoint, it would never find the
  // program running (gdb.base/random-signal.exp).
  interrupt_owed_ = true;
  if (phase_ == Phase::running) talk_.target.interrupt();
}

void AllStop::forget_signals(Pid pid) {
  std::erase_if(owed_, [&](const auto& entry) { return entry.first.pid == pid; });
}

void AllStop::forget(Pid pid) {
  forget_signals(pid);
  // As gdbserver's pending SIGINT dies with the process (gdb.mi/mi-async.exp interrupts what stands, and
  // starts it anew).
  interrupt_owed_ = false;
  if (first_ && first_->thread.pid == pid) first_.reset();
  // Killed while the client waited for a stop (gdb does that at quit): if nothing is left, none will come.
  if (phase_ == Phase::running && talk_.target.threads().empty()) phase_ = Phase::standing;
}

}  // namespace

std::unique_ptr<StopMode> make_all_stop(Conversation& talk) {
  return std::make_unique<AllStop>(talk);
}

}  // namespace cotrace::session
