#include "native/running.h"

#include <unistd.h>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/overloaded.h"

namespace cotrace::native {

namespace act = session::act;
namespace stop_ns = session::stop;
using base::Overloaded;
using session::StopReport;
using session::ThreadAction;

namespace {

// A signal that the client made up, as if it had been sent with kill(2) from here.
SigInfo made_up(int signal) {
  SigInfo info{};
  info.si_signo = signal;
  info.si_code = SI_USER;
  info.si_pid = ::getpid();
  info.si_uid = ::getuid();
  return info;
}

}  // namespace

ActionTable::ActionTable(std::span<const ThreadAction> actions) : actions_(actions) {
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (actions[i].who.tid) {
      single_.try_emplace(*actions[i].who.tid, i);
    } else {
      wide_.push_back(i);
    }
  }
}

const ThreadAction* ActionTable::find(session::ThreadRef thread) const {
  std::size_t best = actions_.size();
  // A thread id belongs to one process only, so that an action with another process's id matches nothing.
  if (const auto at = single_.find(thread.tid);
      at != single_.end() && actions_[at->second].who.matches(thread)) {
    best = at->second;
  }
  for (const std::size_t i : wide_) {
    if (i >= best) break;
    if (actions_[i].who.matches(thread)) best = i;
  }
  return best == actions_.size() ? nullptr : &actions_[best];
}

// gdb resumes with the signal that it was shown (pass), with none (nopass, or `signal 0`), or with another
// one. The siginfo is kept only where it is the same signal: a handler must not find the fields of another.
trace::Control control_for(const Thread& thread, int signal) {
  trace::Control control;
  if (!thread.signal) {
    control.inject = signal;
  } else if (signal == thread.signal->si_signo || (signal == 0 && thread.signal_unseen)) {
    control.signal = SignalVerdict::keep();
  } else if (signal == 0) {
    control.signal = SignalVerdict::suppress();
  } else {
    control.signal = SignalVerdict::replace(made_up(signal));
  }
  return control;
}

void Running::resume(std::span<const ThreadAction> actions) {
  // Collected before anything runs: what is told from within a resume (the end of an emulated step) may
  // change the view.
  const ActionTable table(actions);
  std::vector<Thread*> threads;
  if (table.wide()) {
    for (const auto& [pid, process] : client_.view.processes()) {
      for (const auto& [tid, thread] : process->threads) {
        if (!View::hidden(*thread)) threads.push_back(thread.get());
      }
    }
  } else {
    std::unordered_set<Thread*> seen;
    for (const ThreadAction& action : actions) {
      for (const auto& [pid, process] : client_.view.processes()) {
        if (action.who.pid && *action.who.pid != pid) continue;
        Thread* thread = client_.view.thread({pid, *action.who.tid});
        if (thread != nullptr && !View::hidden(*thread) && seen.insert(thread).second)
          threads.push_back(thread);
      }
    }
  }
  for (Thread* thread : threads) {
    if (const ThreadAction* action = table.find(thread->ref)) apply(*thread, *action);
  }
  reports_.resumed();
}

void Running::apply(Thread& thread, const ThreadAction& action) {
  std::visit(Overloaded{[&](const act::Continue& c) { run(thread, {}, c.signal); },
                        [&](const act::Step& s) {
                          run(thread, {.kind = Wish::Kind::step, .start = {}, .end = {}}, s.signal);
                        },
                        [&](const act::RangeStep& r) {
                          run(thread, {.kind = Wish::Kind::range, .start = r.start, .end = r.end}, 0);
                        },
                        [&](const act::Stop&) { stop(thread, !action.who.tid); }},
             action.what);
}

void Running::run(Thread& thread, Wish wish, int signal) {
  // vCont names threads that run already with every wildcard; they are left alone.
  if (!thread.stopped) return;
  thread.process->held = false;
  if (std::exchange(thread.process->new_vfork_child, false)) reports_.vfork_child(true);
  if (signal == 0) signal = thread.owed_signal;
  // Something has happened to it that this client could not be told, since it believed the thread stopped. It
  // is told now instead of a run, and the signal that came with this resume waits for the next.
  if (!thread.held_back.empty()) {
    session::StopReason reason = std::move(thread.held_back.front());
    thread.held_back.pop_front();
    thread.owed_signal = signal;
    client_.view.show_running(thread);
    reports_.post(thread, std::move(reason));
    return;
  }
  trace::Control control = control_for(thread, signal);
  if (wish.kind == Wish::Kind::run) {
    control.action = ResumeAction::resume;
    memory_.write_through(thread);
  } else {
    control.action = ResumeAction::single_step;
    control.instruction = memory_.instruction_at(thread);
  }
  thread.registers_written = false;
  // Everything first: the core may tell of the step's end before the call returns.
  thread.wish = wish;
  thread.owed_signal = 0;
  thread.signal.reset();
  thread.signal_unseen = false;
  thread.hit.reset();
  client_.view.show_running(thread);
  // Gone: its death is about to be told.
  (void)client_.core.control(thread.task, client_.engine, control);
}

// vCont;t. A thread that stands in the client's eyes, or is about to, gets no second stop: gdb aborts over
// one.
void Running::stop(Thread& thread, bool everybody) {
  if (thread.pending) reports_.await(thread);
  if (thread.stopped || thread.pending || thread.stop_asked()) return;
  thread.quieting = true;
  thread.quieting_all = everybody;
  (void)client_.core.control(thread.task, client_.engine, {.action = ResumeAction::stop, .signal = {}});
}

void Running::halt() {
  reports_.begin_halt();
  const std::vector<Thread*> running(client_.view.running().begin(), client_.view.running().end());
  for (Thread* thread : running) {
    // Those with a report waiting stand already; those that are being attached to or launched have their own
    // end.
    if (thread->pending || thread->halting || thread->joining) continue;
    if (thread->process->starting || thread->process->ending) continue;
    reports_.halting(*thread);
    if (!client_.core.control(thread->task, client_.engine, {.action = ResumeAction::stop, .signal = {}})) {
      reports_.halted(*thread);  // dead: there is nothing to wait for
    }
  }
}

void Running::begin_non_stop() {
  for (const auto& [pid, process] : client_.view.processes()) {
    if (!process->held) continue;
    const Thread* stays = View::any_thread(*process);
    for (const auto& [tid, thread] : process->threads) {
      if (thread.get() == stays || thread->signal || !thread->held_back.empty()) continue;
      run(*thread, {}, 0);
    }
  }
}

void Running::interrupt() {
  Thread* chosen = nullptr;
  for (Thread* thread : client_.view.running()) {
    // Something is about to be told of this one: the client gets its stop.
    if (thread->pending || View::hidden(*thread) || thread->halting) continue;
    if (thread->interrupting) return;
    const bool leads = thread->ref.tid == leader_of(thread->ref.pid);
    const bool chosen_leads = chosen != nullptr && chosen->ref.tid == leader_of(chosen->ref.pid);
    // The leader of the process that was resumed last, else the thread that was.
    if (leads || !chosen_leads) chosen = thread;
  }
  if (chosen != nullptr) interrupt(*chosen);
}

void Running::interrupt(Process& process) {
  Thread* thread = View::any_thread(process);
  if (thread == nullptr || thread->interrupting) return;
  if (thread->stopped || thread->pending) {
    thread->held_back.emplace_back(session::stop::Interrupted{});
  } else {
    interrupt(*thread);
  }
}

void Running::interrupt(Thread& thread) {
  thread.interrupting = true;
  (void)client_.core.control(thread.task, client_.engine, {.action = ResumeAction::stop, .signal = {}});
}

// The breakpoint is still there and the thread still at it.
bool Running::hit_stands(Thread& thread, bool hardware) {
  if (!thread.hit || thread.hit->hardware != hardware) return false;
  if (!points_.table(*thread.process).breakpoint_at(thread.hit->address, hardware)) return false;
  const auto pc = client_.registers.pc(thread.task);
  return pc && *pc == thread.hit->address + (thread.hit->pc_moved ? 1 : 0);
}

bool Running::still_true(const StopReport& report) {
  Thread* thread = client_.view.thread(report.thread);
  const bool stands = thread != nullptr && thread->stopped;
  const auto lives = [&](session::ThreadRef child) { return client_.view.thread(child) != nullptr; };
  return std::visit(
      Overloaded{[&](const stop_ns::SoftwareBreak&) { return stands && hit_stands(*thread, false); },
                 [&](const stop_ns::HardwareBreak&) { return stands && hit_stands(*thread, true); },
                 [&](const stop_ns::Signal& s) {
                   return stands && (!thread->signal || thread->signal->si_signo == s.number);
                 },
                 [&](const stop_ns::Fork& fork) { return stands && lives(fork.child); },
                 [&](const stop_ns::Vfork& vfork) { return stands && lives(vfork.child); },
                 [&](const stop_ns::Clone& clone) { return stands && lives(clone.child); },
                 [](const stop_ns::ThreadExited&) { return true; },
                 [](const stop_ns::Exited&) { return true; }, [](const stop_ns::Killed&) { return true; },
                 [&](const stop_ns::NoResumed&) { return client_.view.running().empty(); },
                 [&](const auto&) { return stands; }},
      report.reason);
}

void Running::withdraw(const StopReport& report) {
  Thread* thread = client_.view.thread(report.thread);
  if (thread == nullptr || !thread->stopped) return;
  // It stands, but as if nothing had happened there: what is withdrawn must be found again when it runs.
  if (thread->last) thread->last = stop_ns::Quiet{};
  if (std::holds_alternative<stop_ns::Signal>(report.reason)) thread->signal_unseen = true;
  if (const auto hit = std::exchange(thread->hit, std::nullopt)) {
    const auto pc = client_.registers.pc(thread->task);
    if (hit->pc_moved && pc && *pc == hit->address + 1)
      (void)client_.registers.set_pc(thread->task, hit->address);
    if (!hit->hardware) (void)client_.core.rearm(thread->task, client_.engine);
  }
}

}  // namespace cotrace::native
