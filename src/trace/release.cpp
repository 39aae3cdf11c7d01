#include "trace/release.h"

#include <algorithm>
#include <csignal>
#include <unistd.h>
#include <utility>

#include "linux/pending_signals.h"
#include "linux/proc.h"
#include "linux/signals.h"
#include "trace/hardware.h"
#include "trace/points.h"
#include "trace/report.h"
#include "trace/resume.h"

namespace cotrace::trace {

namespace {

bool engine_in_space(const AddressSpace& space, const Engine& engine) {
  return std::ranges::any_of(space.tasks, [&](Task* task) { return task->find(engine) != nullptr; });
}

// What a launched program has made with CLONE_PARENT is a child of this process.
void inherit(World& world, const Task& task) {
  const auto status = sys::task_status(task.id.tid);
  if (status && status->parent.value == ::getpid()) world.waits.inherit(task.id.tid);
}

}  // namespace

void detach_engine(World& world, Task& task, Engine& engine) {
  Attachment* attachment = task.find(engine);
  if (attachment == nullptr) return;
  set_hold(world, task, *attachment, false);
  attachment->engine = nullptr;
  attachment->quiesce = attachment->rehit = false;
  attachment->wish = ResumeAction::resume;
  const std::shared_ptr<AddressSpace> space = task.space;
  if (!engine_in_space(*space, engine)) remove_points_of(world, *space, engine);
  // A task with its debug registers set but without an engine must lose them.
  if (!task.attached() && task.debug_applied.any()) task.debug_version = 0;
  for (Task* other : std::vector<Task*>(space->tasks.begin(), space->tasks.end())) {
    if (!needed(*other)) release_soon(world, *other);
  }
  if (task.dead || !needed(task)) return;
  resume_later(world, task);
}

bool needed(const Task& task) {
  return task.attached() || task.space->sites.any_owned();
}

void release_soon(World& world, Task& task) {
  if (task.dead || task.awaits_child || task.newborn) return;
  if (task.stopped) {
    resume_later(world, task);
  } else {
    request_interrupt(task);
  }
}

bool fetch_pending_trap(World& world, Task& task) {
  if (!task.stopped || task.state != TaskState::stopped) return false;
  // A site may have been lifted since.
  if (!task.stepping && !task.space->had_sites && !task.debug_applied.any()) return false;
  auto pending = sys::pending_signals(*task.stopped);
  if (!pending) return false;
  // The kernel's own codes are positive; a SIGTRAP that somebody sent is a signal like any other.
  const bool trap = std::ranges::any_of(
      *pending, [](const SigInfo& info) { return info.si_signo == SIGTRAP && info.si_code > 0; });
  if (!trap) return false;
  task.fetching_trap = true;
  const auto how = task.stepping ? sys::Run::single_step : sys::Run::cont;
  return run(world, task, how, 0);
}

bool fetch_pending_signal(World& world, Task& task) {
  if (!std::exchange(task.freshly_seized, false) || !task.stopped || !task.wants(EventKind::signal))
    return false;
  auto pending = sys::pending_signals(*task.stopped);
  if (!pending) return false;
  if (task.id.tid == leader_of(task.group->pid)) {
    if (auto shared = sys::shared_pending_signals(*task.stopped)) {
      pending->insert(pending->end(), shared->begin(), shared->end());
    }
  }
  if (pending->empty()) return false;
  auto mask = task.stopped->signal_mask();
  if (!mask) return false;
  const sys::SigSet blocked(*mask);
  if (std::ranges::all_of(*pending, [&](const SigInfo& info) { return blocked.has(info.si_signo); }))
    return false;
  task.fetching_trap = true;
  return run(world, task, sys::Run::cont, 0);
}

void release(World& world, Task& task) {
  AddressSpace& space = *task.space;
  // Nobody in this space is attached any more, or needed() had said otherwise.
  space.lift_stale();
  (void)clear_hardware(task);
  if (auto flushed = flush_registers(task); !flushed) {
    // Killed: the death will be collected like any other.
    world.set_state(task, TaskState::running);
    task.stopped.reset();
    return;
  }
  const SignalOutcome outcome = fold_signal(task);
  if (outcome.replacement) (void)task.stopped->set_siginfo(*outcome.replacement);
  int signal = task.can_inject ? outcome.signal : 0;
  if (task.deferred && task.can_inject) {
    signal = task.deferred->info.si_signo;
    (void)task.stopped->set_siginfo(task.deferred->info);
  }
  if (task.deferred && !task.can_inject) {
    // No siginfo can be given here; the signal itself must not be lost.
    (void)sys::send_signal(task.group->pid, task.id.tid, task.deferred->info.si_signo);
  }
  auto stopped = std::move(*task.stopped);
  task.stopped.reset();
  const bool detached = std::move(stopped).detach(signal).has_value();
  if (detached) {
    space.complete = false;
    world.erase(task);
    if (task.is_sibling) inherit(world, task);
  } else {
    world.set_state(task, TaskState::running);
  }
}

}  // namespace cotrace::trace
