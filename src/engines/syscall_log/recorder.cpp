#include "engines/syscall_log/recorder.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "engines/syscall_log/kernel_errors.h"
#include "engines/syscall_log/signal_values.h"
#include "engines/syscall_log/task_access.h"

namespace cotrace::engines::syscall_log {

namespace {

CallTable table_of(bool compat) {
  return compat ? CallTable::compat : CallTable::native;
}

bool never_returns(std::string_view call) {
  return call == "exit" || call == "exit_group";
}

bool makes_exec(std::string_view call) {
  return call == "execve" || call == "execveat";
}

}  // namespace

Recorder::Recorder(const JobContext& context, SyscallLogOptions options)
    : context_(context),
      options_(std::move(options)),
      style_{options_.string_limit, options_.abbreviate, options_.descriptors},
      lines_(context_.output, options_.timestamps, options_.prefix) {}

Recorder::~Recorder() {
  leave_everything();
}

EventMask Recorder::events() const {
  EventMask mask{EventKind::syscall_entry, EventKind::syscall_exit, EventKind::exec,
                 EventKind::death,         EventKind::signal,       EventKind::job_control};
  return options_.follow ? mask.with(EventKind::clone) : mask;
}

JoinOptions Recorder::join_options(bool hold) const {
  return {.events = events(), .hold = hold, .threads = options_.follow};
}

// Held before its exec, since a task says nothing of its system calls before it has stopped once. What it
// calls before the exec is this library's own affair and not shown.
Result<Pid> Recorder::launch(const LaunchOptions& program) {
  const auto task = context_.tracer.launch(program, *this, join_options(true));
  if (!task) return std::unexpected(task.error());
  Tracee& tracee = add(*task, Pid{task->tid.value});
  tracee.before_exec = true;
  launched_ = *task;
  may_end_ = true;
  return Pid{task->tid.value};
}

// Stopped for a moment, for the same reason; a call that it sleeps in is begun anew (signal(7)).
Result<> Recorder::attach(Pid process) {
  const auto tasks = context_.tracer.attach(process, *this, join_options(true));
  if (!tasks) return std::unexpected(tasks.error());
  for (const TaskId task : *tasks) {
    if (!options_.follow && task.tid != leader_of(process) && tasks->size() > 1) {
      (void)context_.tracer.detach(task, *this);
      continue;
    }
    add(task, process);
    note_joined(task.tid);
  }
  may_end_ = true;
  return {};
}

void Recorder::finish() {
  if (ended_) return;
  ended_ = true;
  for (auto& [task, tracee] : tracees_) {
    const bool calling = tracee.running && tracee.running->shown;
    if (calling && options_.filter.shows(CallStatus::detached)) {
      take_up(task, tracee);
      lines_.break_off(" <detached ...>");
    }
    if (!options_.quiet) context_.output.note(fmt::format("Process {} detached", tracee.tid.value));
  }
  leave_everything();
  write_summary();
}

void Recorder::output_drained() {
  // What runs on may fill the output again, and be held again, before this is over.
  for (const TaskId task : std::exchange(held_, {})) {
    if (context_.output.full()) {
      held_.insert(task);
    } else {
      (void)context_.tracer.control(task, *this, {.action = ResumeAction::resume});
    }
  }
}

void Recorder::leave_everything() {
  for (const Pid process : std::exchange(processes_, {})) (void)context_.tracer.detach(process, *this);
  tracees_.clear();
  held_.clear();
}

Verdict Recorder::on_event(TaskId task, const Event& event) {
  std::visit([&](const auto& kind) { on(task, kind); }, event);
  end_if_empty();
  if (ended_ || !context_.output.full() || !tracees_.contains(task)) return {};
  held_.insert(task);
  return {.action = ResumeAction::stop};
}

Recorder::Tracee* Recorder::find(TaskId task) {
  const auto at = tracees_.find(task);
  return at == tracees_.end() ? nullptr : &at->second;
}

Recorder::Tracee& Recorder::add(TaskId task, Pid process) {
  processes_.insert(process);
  const auto [at, added] = tracees_.try_emplace(task, Tracee{.tid = task.tid, .process = process});
  lines_.set_several(tracees_.size() > 1);
  return at->second;
}

void Recorder::note_joined(Tid tid) {
  if (!options_.quiet) context_.output.note(fmt::format("Process {} attached", tid.value));
}

void Recorder::remove(TaskId task) {
  tracees_.erase(task);
  held_.erase(task);
  lines_.set_several(tracees_.size() > 1);
}

void Recorder::on(TaskId task, const event::SyscallEntry& entry) {
  Tracee* tracee = find(task);
  if (tracee == nullptr) return;
  tracee->running.reset();
  const CallTable table = table_of(entry.compat);
  const bool traced = options_.filter.traces(table, entry.number);
  if (!traced && !tracee->before_exec) return;
  if (tracee->before_exec && !makes_exec(call_name(table, entry.number))) return;
  Running running{.text = CallText(table, entry.number),
                  .call = {.number = entry.number, .args = entry.args},
                  .begun = std::chrono::steady_clock::now()};
  if (traced && wants_text()) {
    TaskAccess access(context_.tracer, task, tracee->tid);
    if (options_.filter.raw(table, entry.number)) running.text.make_raw();
    if (running.text.name() == "rt_sigreturn" && !entry.compat)
      running.call.stack_pointer = access.stack_pointer();
    if (running.text.name() == "restart_syscall") running.text.take_up(tracee->interrupted);
    running.beginning = running.text.entry(running.call, access, style_, access);
  }
  tracee->running = std::move(running);
  if (!tracee->before_exec && wants_text()) show_beginning(task, *tracee);
}

// Not yet where it depends on the result whether the call is to be shown.
void Recorder::show_beginning(TaskId task, Tracee& tracee) {
  Running& running = *tracee.running;
  if (running.beginning.empty() || !options_.filter.shows_every_status()) return;
  lines_.begin(task, tracee.tid);
  lines_.add(running.beginning);
  running.shown = true;
  if (!never_returns(running.text.name())) return;
  // Another task could come between this and the end of the task.
  lines_.add(") ");
  lines_.pad();
  lines_.add("= ?");
  lines_.end();
  running.shown = false;
  running.beginning.clear();
}

void Recorder::on(TaskId task, const event::SyscallExit& exit) {
  Tracee* tracee = find(task);
  if (tracee == nullptr) return;
  if (tracee->before_exec) {
    // Of an exec that has succeeded Execed has told before.
    if (tracee->running && exit.result < 0) tracee->exec_error = static_cast<int>(-exit.result);
    tracee->running.reset();
    return;
  }
  // Left out by the filter, or under way already when the log joined: strace says nothing of those either.
  if (!tracee->running) return;
  Running& running = *tracee->running;
  running.call.result = exit.result;
  if (is_restart(exit.result)) tracee->interrupted = running.text.name();
  if (options_.counts != SyscallLogOptions::Counts::none)
    summary_.count(running.text.name(), std::chrono::steady_clock::now() - running.begun,
                   running.call.failed());
  if (wants_text()) show_end(task, *tracee);
  tracee->running.reset();
}

void Recorder::take_up(TaskId task, Tracee& tracee) {
  if (lines_.open_for(task)) return;
  lines_.begin(task, tracee.tid);
  lines_.add(tracee.running->shown ? fmt::format("<... {} resumed>", tracee.running->text.name())
                                   : tracee.running->beginning);
}

void Recorder::show_end(TaskId task, Tracee& tracee) {
  Running& running = *tracee.running;
  if (running.beginning.empty()) return;
  if (!options_.filter.shows(running.call.failed() ? CallStatus::failed : CallStatus::successful)) return;
  TaskAccess access(context_.tracer, task, tracee.tid);
  const auto rest = running.text.exit(running.call, access, style_, access);
  const auto result = running.text.result(running.call, access, style_, access);
  take_up(task, tracee);
  lines_.add(rest);
  lines_.add(") ");
  lines_.pad();
  lines_.add("= " + result);
  if (options_.call_times) {
    const auto took = std::chrono::steady_clock::now() - running.begun;
    lines_.add(fmt::format(" <{:.6f}>", std::chrono::duration<double>(took).count()));
  }
  lines_.end();
  if (!options_.stack) return;
  std::string stack;
  options_.stack(task, stack);
  context_.output.write(stack);
}

void Recorder::line(TaskId task, const Tracee& tracee, std::string_view text) {
  lines_.begin(task, tracee.tid);
  lines_.add(text);
  lines_.end();
}

void Recorder::on(TaskId task, const event::Signal& signal) {
  Tracee* tracee = find(task);
  if (tracee == nullptr || tracee->before_exec || !wants_text()) return;
  if (!options_.filter.shows_signal(signal.info.si_signo)) return;
  line(task, *tracee,
       fmt::format("--- {} {} ---", signal_text(signal.info.si_signo), siginfo_text(signal.info)));
}

void Recorder::on(TaskId task, const event::JobControl& control) {
  Tracee* tracee = find(task);
  if (tracee == nullptr || !control.stopped || !wants_text()) return;
  if (!options_.filter.shows_signal(control.signal)) return;
  line(task, *tracee, fmt::format("--- stopped by {} ---", signal_text(control.signal)));
}

void Recorder::on(TaskId, const event::Cloned& cloned) {
  if (!options_.follow) return;
  // A thread has the attachment of its creator already. A process may have been killed by now.
  const bool thread = cloned.kind == CloneKind::thread;
  if (!thread && !context_.tracer.attach(cloned.child, *this, join_options(false))) return;
  Tracee& tracee = add(cloned.child, cloned.child_process);
  if (std::exchange(tracee.greeted, false)) note_joined(cloned.child.tid);
}

// A thread may be born before its creator's clone is told.
void Recorder::on(TaskId task, const event::Born&) {
  const auto process = context_.tracer.process_of(task);
  if (!process || tracees_.contains(task)) return;
  Tracee& tracee = add(task, *process);
  tracee.greeted = false;
  note_joined(task.tid);
}

void Recorder::on(TaskId task, const event::Execed& execed) {
  Tracee* tracee = find(task);
  if (tracee == nullptr) return;
  const Pid process = tracee->process;
  const Tid leader = leader_of(process);
  // No other thread of the process is left, and none of them has been told of as dead.
  std::vector<TaskId> others;
  for (const auto& [id, other] : tracees_) {
    if (other.process == process && id != task) others.push_back(id);
  }
  // The leader last: its id lives on as the new program's.
  std::ranges::partition(others, [&](TaskId id) { return tracees_.at(id).tid != leader; });
  for (const TaskId id : others) {
    Tracee& other = tracees_.at(id);
    end_unreturned(id, other);
    // Of the two that the line is about, one is left.
    lines_.set_several(tracees_.size() > 2);
    if (wants_text() && !options_.quiet_exits) {
      line(id, other,
           other.tid == leader ? fmt::format("+++ superseded by execve in pid {} +++", execed.former.value)
                               : std::string("+++ exited with 0 +++"));
    }
    remove(id);
  }
  tracee->tid = leader;
  if (!std::exchange(tracee->before_exec, false) || !tracee->running) return;
  tracee->running->begun = std::chrono::steady_clock::now();
  if (wants_text()) show_beginning(task, *tracee);
}

// The task has ended, or has been ended, within a call.
void Recorder::end_unreturned(TaskId task, Tracee& tracee) {
  if (!tracee.running || tracee.running->beginning.empty()) return;
  if (!wants_text() || tracee.before_exec || !options_.filter.shows(CallStatus::unfinished)) return;
  take_up(task, tracee);
  lines_.add(tracee.running->text.complete() ? ") " : " <unfinished ...>) ");
  lines_.pad();
  lines_.add("= ?");
  lines_.end();
}

void Recorder::on(TaskId task, const event::Died& died) {
  Tracee* tracee = find(task);
  const auto process = tracee != nullptr ? tracee->process : context_.tracer.process_of(task).value_or(Pid{});
  if (tracee != nullptr) {
    end_unreturned(task, *tracee);
    if (tracee->before_exec) {
      context_.output.note(tracee->exec_error == 0 ? std::string("the program could not be started")
                                                   : fmt::format("the program could not be started: {}",
                                                                 ::strerrordesc_np(tracee->exec_error)));
    } else if (wants_text() && !options_.quiet_exits) {
      line(task, *tracee,
           died.status.signalled ? fmt::format("+++ killed by {}{} +++", signal_text(died.status.code),
                                               died.status.core_dumped ? " (core dumped)" : "")
                                 : fmt::format("+++ exited with {} +++", died.status.code));
    }
  }
  if (launched_ == task || (launched_ && died.process_ended && process == Pid{launched_->tid.value}))
    launched_status_ = died.status;
  if (died.process_ended) processes_.erase(process);
  remove(task);
}

void Recorder::write_summary() {
  if (options_.counts != SyscallLogOptions::Counts::none) context_.output.write(summary_.text());
}

void Recorder::end_if_empty() {
  if (ended_ || !may_end_ || !tracees_.empty()) return;
  ended_ = true;
  leave_everything();
  write_summary();
  if (context_.ended) context_.ended(launched_status_);
}

}  // namespace cotrace::engines::syscall_log

namespace cotrace::engines {

std::unique_ptr<Job> make_syscall_log(const JobContext& context, SyscallLogOptions options) {
  return std::make_unique<syscall_log::Recorder>(context, std::move(options));
}

}  // namespace cotrace::engines
