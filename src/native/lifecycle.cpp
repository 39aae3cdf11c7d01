#include "native/lifecycle.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <utility>

namespace cotrace::native {

using session::ThreadRef;

Lifecycle::Lifecycle(Client& client, Reports& reports, NativePoints& points)
    : client_(client), reports_(reports), points_(points), plan_(client.options), watch_(client.reactor) {}

std::vector<Pid> Lifecycle::list() {
  std::vector<Pid> out;
  for (const auto& [pid, process] : client_.view.processes()) {
    if (!process->unreported_child_of && !process->starting && !process->ending) out.push_back(pid);
  }
  return out;
}

bool Lifecycle::any_dying() const {
  return reports_.end_on_its_way() ||
         std::ranges::any_of(client_.view.processes(),
                             [this](const auto& entry) { return dying(*entry.second); });
}

bool Lifecycle::dying(const Process& process) const {
  // None is left but the leader, which is not shown once it has exited.
  return process.threads.empty() || std::ranges::any_of(process.threads, [this](const auto& entry) {
           return !client_.core.really_stands(entry.second->task);
         });
}

bool Lifecycle::was_attached(Pid pid) {
  const Process* process = client_.view.process(pid);
  return process != nullptr && process->attached;
}

void Lifecycle::set_environment(std::string name, std::optional<std::string> value) {
  plan_.set_environment(std::move(name), std::move(value));
}
void Lifecycle::reset_environment() {
  plan_.reset_environment();
}
void Lifecycle::set_working_directory(std::string directory) {
  plan_.set_working_directory(std::move(directory));
}
std::string Lifecycle::working_directory() const {
  return plan_.working_directory();
}
void Lifecycle::set_stream(int descriptor, std::string path) {
  plan_.set_stream(descriptor, std::move(path));
}
void Lifecycle::set_startup_with_shell(bool on) {
  plan_.set_startup_with_shell(on);
}
void Lifecycle::set_disable_randomization(bool on) {
  plan_.set_disable_randomization(on);
}

// --- launching
// -------------------------------------------------------------------------------------------------------

void Lifecycle::launch(const session::LaunchRequest& request, Done done) {
  if (!request.arguments.empty()) plan_.set_program(request.arguments);
  const auto refuse = [&](Error error) {
    client_.later(
        [done = std::move(done), error = std::move(error)]() mutable { done(std::unexpected(error)); });
  };
  auto spec = plan_.spec();
  if (!spec) return refuse(spec.error());
  const auto streams = plan_.open_streams(*spec);
  if (!streams) return refuse(streams.error());
  // Without a hold: it runs through the execs of shell and wrapper, and is held by the answer to the last
  // one.
  const auto task = client_.core.launch(*spec, client_.engine, {.events = events_for(Process{})});
  if (!task) return refuse(task.error());
  const Pid pid{task->tid.value};
  Process& process = client_.view.add_process(pid, false);
  process.starting = true;
  client_.view.add_thread(process, *task);
  starting_.insert_or_assign(pid, Start{plan_.execs(), plan_.program().front(), std::move(done)});
}

bool Lifecycle::exec_while_starting(Thread& thread) {
  const auto at = starting_.find(thread.ref.pid);
  if (at == starting_.end() || --at->second.execs_left > 0) return false;
  Start start = std::move(at->second);
  starting_.erase(at);
  thread.process->starting = false;
  thread.generation = client_.core.generation(thread.task);
  // What a program that has just been started tells under every debugger.
  client_.view.show_stopped(thread, session::stop::Signal{SIGTRAP});
  client_.later([this, ref = thread.ref, start = std::move(start)]() mutable {
    if (client_.options.observer != nullptr) client_.options.observer->launched(ref.pid, start.program);
    start.done(ref);
  });
  return true;
}

// --- attaching
// -------------------------------------------------------------------------------------------------------

void Lifecycle::attach(Pid pid, bool hold, Done done) {
  const auto refuse = [&](Error error) {
    client_.later(
        [done = std::move(done), error = std::move(error)]() mutable { done(std::unexpected(error)); });
  };
  if (client_.view.process(pid) != nullptr) {
    return refuse({Errc::invalid, 0, fmt::format("process {} is being debugged already", pid.value)});
  }
  const auto tasks =
      client_.core.attach(pid, client_.engine, {.events = events_for(Process{}), .hold = hold});
  if (!tasks) return refuse(tasks.error());
  Process& process = client_.view.add_process(pid, true);
  process.held = hold;
  for (const TaskId task : *tasks) client_.view.add_thread(process, task).joining = hold;
  joining_.insert_or_assign(pid, Join{hold ? tasks->size() : 1, std::move(done)});
  if (!hold) joined_one(process);
}

void Lifecycle::attach_by_name(const std::string& program, Which which, bool hold, Done done) {
  watch_.find(program, which, [this, hold, done = std::move(done)](Result<Pid> found) mutable {
    if (!found) return done(std::unexpected(found.error()));
    attach(*found, hold, std::move(done));
  });
}

void Lifecycle::joined(Thread& thread) {
  if (!std::exchange(thread.joining, false)) return;
  thread.generation = client_.core.generation(thread.task);
  if (!thread.stopped) client_.view.show_stopped(thread, reason_to_join(thread));
  joined_one(*thread.process);
}

// It may have been held by somebody else already, before the delivery of a signal: the new client is shown
// that signal, and decides on it.
session::StopReason Lifecycle::reason_to_join(Thread& thread) const {
  thread.signal = client_.core.standing_signal(thread.task);
  if (!thread.signal) return session::stop::Quiet{};
  return session::stop::Signal{thread.signal->si_signo};
}

void Lifecycle::joined_one(Process& process) {
  const auto at = joining_.find(process.pid);
  if (at == joining_.end() || --at->second.missing > 0) return;
  auto done = std::move(at->second.done);
  joining_.erase(at);
  client_.later([this, pid = process.pid, done = std::move(done)]() mutable {
    const Process* still = client_.view.process(pid);
    const Thread* any = still == nullptr ? nullptr : View::any_thread(*still);
    if (any == nullptr) return done(fail(Errc::gone, fmt::format("process {} has ended", pid.value)));
    // One that has something to tell comes first.
    for (const auto& [tid, thread] : still->threads) {
      if (!any->tells() && thread->tells()) any = thread.get();
    }
    if (client_.options.observer != nullptr) client_.options.observer->attached(pid);
    done(any->ref);
  });
}

// --- ends
// ------------------------------------------------------------------------------------------------------------

bool Lifecycle::ended(Process& process, TaskId last, const ExitStatus& status) {
  const Pid pid = process.pid;
  auto starting = starting_.extract(pid);
  auto joining = joining_.extract(pid);
  auto killing = killing_.extract(pid);
  forget(process);
  if (!starting.empty()) {
    Error why{Errc::invalid, 0, startup_failure(status)};
    if (auto failure = client_.core.launch_failure(last)) {
      why = {failure->code, failure->sys_errno, fmt::format("Cannot exec {}", starting.mapped().program)};
    }
    if (client_.options.observer != nullptr) client_.options.observer->launch_failed(why);
    client_.later([done = std::move(starting.mapped().done), why]() mutable { done(std::unexpected(why)); });
  }
  if (!joining.empty()) fail_join(pid, std::move(joining.mapped().done));
  if (!killing.empty()) {
    client_.later([waiting = std::move(killing.mapped())]() mutable {
      for (auto& done : waiting) done({});
    });
  }
  return !starting.empty() || !joining.empty() || !killing.empty();
}

void Lifecycle::fail_join(Pid pid, Done done) {
  client_.later([pid, done = std::move(done)]() mutable {
    done(fail(Errc::gone, fmt::format("process {} has ended or was let go", pid.value)));
  });
}

void Lifecycle::drop(Thread& thread) {
  // A child whose birth is in a report that will not be handed over now: the client would never learn that it
  // has it, and it would stand for ever.
  std::optional<ThreadRef> child;
  if (thread.pending) {
    if (const auto* fork = std::get_if<session::stop::Fork>(&*thread.pending)) child = fork->child;
    if (const auto* vfork = std::get_if<session::stop::Vfork>(&*thread.pending)) child = vfork->child;
  }
  Process& process = *thread.process;
  const bool joining = thread.joining;
  reports_.forget(thread);
  client_.view.remove(thread);
  if (joining) joined_one(process);
  if (child) let_go(child->pid);
}

void Lifecycle::forget(Process& process) {
  while (!process.threads.empty()) {
    Thread& thread = *process.threads.begin()->second;
    thread.joining = false;
    drop(thread);
  }
  if (auto joining = joining_.extract(process.pid)) fail_join(process.pid, std::move(joining.mapped().done));
  client_.view.remove(process);
}

void Lifecycle::disown(Process& process) {
  (void)client_.core.detach(process.pid, client_.engine);
  forget(process);
}

void Lifecycle::let_go(Pid child) {
  Process* process = client_.view.process(child);
  if (process == nullptr || !process->unreported_child_of) return;
  disown(*process);
}

std::vector<Pid> Lifecycle::unreported_children(Pid parent) const {
  std::vector<Pid> out;
  for (const auto& [pid, process] : client_.view.processes()) {
    if (process->unreported_child_of == parent) out.push_back(pid);
  }
  return out;
}

void Lifecycle::kill(Pid pid, std::move_only_function<void(Result<>)> done) {
  Process* process = client_.view.process(pid);
  if (process == nullptr) {
    client_.later(
        [done = std::move(done)]() mutable { done(fail(Errc::no_such_process, "no such process")); });
    return;
  }
  // gdb kills what it knows of; a fork that it has not heard of yet would be left behind, stopped.
  for (const Pid child : unreported_children(pid)) kill(child, [](Result<>) {});
  if (!process->ending && client_.options.observer != nullptr) client_.options.observer->killing(pid);
  process->ending = true;
  killing_[pid].push_back(std::move(done));
  // Refused although the core has it: it is dead already and its death about to be told.
  if (!client_.core.kill(pid) && client_.core.released(pid)) (void)ended(*process, TaskId{}, ExitStatus{});
}

// --- detaching
// -------------------------------------------------------------------------------------------------------

void Lifecycle::suppress_unwanted_signals(Process& process) {
  if (!client_.wants.program) return;
  for (const auto& [tid, thread] : process.threads) {
    if (!thread->signal || client_.wants.program->contains(thread->signal->si_signo)) continue;
    // A verdict goes with a resume; the detach follows at once.
    (void)client_.core.control(thread->task, client_.engine,
                               {.action = ResumeAction::resume, .signal = SignalVerdict::suppress()});
  }
}

void Lifecycle::detach(Pid pid, std::move_only_function<void(Result<>)> done) {
  if (!before_detach_) return detach_now(pid, std::move(done));
  before_detach_(pid, [this, pid, done = std::move(done)]() mutable { detach_now(pid, std::move(done)); });
}

void Lifecycle::detach_now(Pid pid, std::move_only_function<void(Result<>)> done) {
  Process* process = client_.view.process(pid);
  if (process == nullptr || process->ending) {
    client_.later(
        [done = std::move(done)]() mutable { done(fail(Errc::no_such_process, "no such process")); });
    return;
  }
  for (const Pid child : unreported_children(pid)) let_go(child);
  if (process->new_vfork_child) reports_.vfork_child(false);
  if (client_.options.observer != nullptr) client_.options.observer->detaching(pid);
  suppress_unwanted_signals(*process);
  for (const auto& [tid, thread] : process->threads) {
    // The client has not seen the hit: the instruction under the breakpoint has still to run.
    if (thread->pending && thread->hit && thread->hit->pc_moved) {
      (void)client_.registers.set_pc(thread->task, thread->hit->address);
    }
    // The program's own breakpoint leaves pc behind it.
    if (thread->hit && thread->hit->own_int3) {
      const auto pc = client_.registers.pc(thread->task);
      if (pc && *pc == thread->hit->address) (void)client_.registers.set_pc(thread->task, *pc + 1);
    }
  }
  // Gone meanwhile: nothing is left to do.
  (void)client_.core.detach(pid, client_.engine);
  forget(*process);
  // The OK to a `D` says that the process is free: its user may attach something else to it at once.
  client_.core.when_let_go(
      pid, client_.guarded([waiter = std::make_shared<decltype(done)>(std::move(done))] { (*waiter)({}); }));
}

// --- the client leaves
// -----------------------------------------------------------------------------------------------

void Lifecycle::release(bool kill_launched, std::move_only_function<void()> done) {
  watch_.stop();
  struct Pending {
    std::size_t left{1};  // one for this function itself, so that nothing is done before all are asked for
    std::move_only_function<void()> done;
    void one_less() {
      if (--left == 0) done();
    }
  };
  const auto pending = std::make_shared<Pending>();
  pending->done = std::move(done);
  std::vector<Pid> all;
  for (const auto& [pid, process] : client_.view.processes()) {
    if (!process->unreported_child_of) all.push_back(pid);
  }
  for (const Pid pid : all) {
    const Process* process = client_.view.process(pid);
    if (process == nullptr) continue;
    ++pending->left;
    if (process->ending || process->starting || (kill_launched && !process->attached)) {
      kill(pid, [pending](Result<>) { pending->one_less(); });
    } else {
      detach(pid, [pending](Result<>) { pending->one_less(); });
    }
  }
  client_.later([pending] { pending->one_less(); });
}

void Lifecycle::park(std::move_only_function<void()> done) {
  // The next client makes its own arrangements (qSupported, QPassSignals, Z ...) and knows nothing of these.
  client_.wants = {};
  watch_.stop();
  plan_.forget_streams();
  for (const auto& [pid, process] : client_.view.processes()) {
    process->unreported_child_of.reset();
    process->catching.reset();
    points_.remove_all(*process);
    for (const auto& [tid, thread] : process->threads) {
      thread->unreported = false;
      thread->options = 0;
      (void)client_.core.set_events(thread->task, client_.engine, events_for(*process));
      if (!thread->pending) continue;
      // Its breakpoint has just gone; the instruction there is still to be executed.
      if (thread->hit && thread->hit->pc_moved)
        (void)client_.registers.set_pc(thread->task, thread->hit->address);
      // A signal must not be lost: it is told after the next client's resume.
      if (thread->signal) thread->held_back.push_back(session::stop::Signal{thread->signal->si_signo});
    }
  }
  reports_.drop_undelivered();
  reports_.when_halted(std::move(done));
}

}  // namespace cotrace::native
