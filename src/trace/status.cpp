#include "trace/status.h"

#include <algorithm>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "linux/launch.h"
#include "linux/proc.h"
#include "trace/asleep.h"
#include "trace/birth.h"
#include "trace/orphans.h"
#include "trace/points.h"
#include "trace/release.h"
#include "trace/report.h"
#include "trace/resume.h"
#include "trace/settle.h"
#include "trace/stop.h"

namespace cotrace::trace {

namespace {

// A process whose leader had gone before it was attached to has no leader here; its last thread ends it.
bool ends_process(const Task& task) {
  const auto& tasks = task.group->tasks;
  return task.id.tid == leader_of(task.group->pid) || (tasks.size() == 1 && tasks.front() == &task);
}

void leave_space(World& world, Task& task) {
  AddressSpace& space = *task.space;
  if (space.exclusive == &task) {
    space.exclusive = nullptr;
    for (Task* other : space.tasks) resume_later(world, *other);
  }
  if (task.passage && task.passage->in_slot) {
    if (Task* next = space.give_slot_back(task)) resume_later(world, *next);
  }
}

// The kernel shows the end of a leader only after those of all other threads. One that is here still has
// called exec: it has taken the leader's id and ended under it, without an exec event, since the exec failed
// past the point where there is a way back (a program whose segments cannot be mapped).
void end_failed_exec(World& world, Task& leader, int wait_status) {
  ThreadGroup& group = *leader.group;
  if (leader.id.tid != leader_of(group.pid)) return;
  for (Task* task : std::vector<Task*>(group.tasks)) {
    if (task == &leader || task->dead) continue;
    tell_masked(world, *task, EventKind::death, event::Died{exit_status_of(wait_status), false});
    tell_masked(world, *task, EventKind::reap, event::Reaped{});
    leave_space(world, *task);
    world.erase(*task);
  }
}

void die(World& world, Task& task, int wait_status) {
  end_failed_exec(world, task, wait_status);
  task.stopped.reset();
  leave_space(world, task);
  if (auto launch = world.launches.find(task.id.tid); launch != world.launches.end()) {
    launch->second.disown();
    if (auto failure = launch->second.exec_failure()) world.launch_failures[task.id.serial] = *failure;
    world.launches.erase(launch);
  }
  world.set_state(task, TaskState::gone);
  const ExitStatus status = exit_status_of(wait_status);
  const bool ended = ends_process(task);
  if (task.awaits_child) {
    // Its child lives on; it finds that its creator is gone.
    task.awaits_child.reset();
  }
  tell_masked(world, task, EventKind::death, event::Died{status, ended});
  tell_masked(world, task, EventKind::reap, event::Reaped{});
  world.adoptions.erase(task.id.serial);
  const auto space = task.space;
  const auto engines = engines_of(task);
  const auto creator = task.newborn ? task.creator : std::nullopt;
  const Tid tid = task.id.tid;
  world.erase(task);
  remove_points_of_departed(world, *space, engines);
  keep_sites(world, *space);
  if (space->exclusive != nullptr) resume_later(world, *space->exclusive);
  if (Task* waiting = creator ? world.find(*creator) : nullptr;
      waiting != nullptr && waiting->awaits_child == tid) {
    abandon_birth(world, *waiting);
  }
}

// A fresh stop: what was known of the last one is void, but for registers that were kept (or changed) while
// the task slept in vfork.
void enter_stop(World& world, Task& task) {
  const bool was_in_vfork = task.state == TaskState::in_vfork;
  task.stopped.emplace(task.id.tid);
  world.set_state(task, TaskState::stopped);
  ++task.generation;
  task.fetching_trap = false;
  // Any trap clears a PTRACE_INTERRUPT that was still to be answered (kernel/signal.c, ptrace_stop): to stop
  // again it must be asked again.
  task.interrupted = false;
  merge_guessed_registers(task);
  if (!was_in_vfork || !task.regs_dirty) task.regs.reset();
  if (!was_in_vfork || !task.xstate_dirty) task.xstate.reset();
}

// The leader had gone before the process was attached to, and another thread has called exec: the stop comes
// under the leader's id.
Task* executing_thread(World& world, const sys::WaitStatus& status) {
  if (!WIFSTOPPED(status.status) || status.status >> 16 != PTRACE_EVENT_EXEC) return nullptr;
  auto former = sys::StoppedTask(status.tid).event_message();
  if (!former) return nullptr;
  Task* task = world.find(Tid{static_cast<std::int32_t>(*former)});
  if (task != nullptr) world.rename(*task, status.tid);
  return task;
}

}  // namespace

void handle_status(World& world, const sys::WaitStatus& status) {
  Task* task = world.find(status.tid);
  if (task == nullptr) task = executing_thread(world, status);
  if (task == nullptr) {
    // Its creator's event is still to come. It may have been killed before it ever ran.
    note_early(world, status.tid, status.status);
    return;
  }
  if (!WIFSTOPPED(status.status)) {
    if (WIFEXITED(status.status) || WIFSIGNALED(status.status)) die(world, *task, status.status);
    return;
  }
  enter_stop(world, *task);
  auto stop = decode(status.status, *task->stopped);
  if (!stop) {
    // Killed since; the death is what comes next.
    task->stopped.reset();
    world.set_state(*task, TaskState::running);
    return;
  }
  settle(world, *task, *stop);
}

}  // namespace cotrace::trace
