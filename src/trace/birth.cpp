#include "trace/birth.h"

#include <algorithm>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unordered_map>
#include <utility>

#include "linux/clone_flags.h"
#include "linux/kcmp.h"
#include "linux/proc.h"
#include "trace/orphans.h"
#include "trace/points.h"
#include "trace/release.h"
#include "trace/report.h"
#include "trace/resume.h"
#include "trace/settle.h"
#include "trace/status.h"

namespace cotrace::trace {

namespace {

// What the child is, by what was asked for, or if that cannot be read, by what it shares.
event::Cloned describe(Task& creator, const stop::Clone& stop) {
  event::Cloned cloned{CloneKind::fork, TaskId{stop.child, 0}, Pid{stop.child.value}, 0};
  std::optional<std::uint64_t> flags;
  if (auto regs = regs_of(creator)) {
    flags = sys::clone_flags(
        **regs, [&](Addr address, std::span<std::byte> out) { return creator.space->read(address, out); });
  }
  if (!flags) {
    flags = 0;
    if (sys::share_memory(creator.id.tid, stop.child).value_or(false)) *flags |= CLONE_VM;
    if (stop.vfork) *flags |= CLONE_VFORK;
    if (auto status = sys::task_status(stop.child); status && status->group == creator.group->pid)
      *flags |= CLONE_THREAD;
  }
  cloned.flags = *flags;
  cloned.kind = sys::clone_kind(*flags);
  if (cloned.kind == CloneKind::thread) cloned.child_process = creator.group->pid;
  return cloned;
}

void pass_on_attachments(const Task& creator, Task& thread) {
  for (const auto& attachment : creator.attachments) {
    if (attachment.engine == nullptr || !attachment.threads || thread.find(*attachment.engine) != nullptr)
      continue;
    Attachment copy;
    copy.engine = attachment.engine;
    copy.events = attachment.events;
    thread.attachments.push_back(copy);
  }
}

void tell_born(World& world, Task& child, const event::Cloned& cloned, TaskId creator) {
  for (Engine* engine : engines_of(child)) tell(world, child, *engine, event::Born{cloned.kind, creator});
}

void mend_child_pc(Task& creator, Task& child) {
  const auto moved = std::exchange(creator.child_pc, std::nullopt);
  if (!moved || !child.stopped) return;
  auto regs = regs_of(child);
  if (!regs || Addr{(*regs)->rip} != moved->first) return;
  (*regs)->rip = moved->second.value;
  // `syscall` leaves the address of the next instruction in rcx.
  if (Addr{(*regs)->rcx} == moved->first) (*regs)->rcx = moved->second.value;
  child.regs_dirty = true;
}

// Both stand: tell, then let both go as the engines want.
void complete_birth(World& world, Task& creator) {
  const event::Cloned cloned = creator.cloned;
  creator.awaits_child.reset();
  Task* child = world.find(cloned.child);
  if (child != nullptr) {
    mend_child_pc(creator, *child);
    if (cloned.kind == CloneKind::thread) {
      creator.group->threaded = true;
      pass_on_attachments(creator, *child);
    }
  }
  if (creator.vfork_event) {
    // The registers it will be seen with while it sleeps.
    (void)regs_of(creator);
    if (creator.stopped && creator.attached()) {
      if (auto area = creator.stopped->xstate()) creator.xstate = std::move(*area);
    }
  }
  tell_masked(world, creator, EventKind::clone, cloned);
  if (child != nullptr && !child->dead) {
    tell_born(world, *child, cloned, creator.id);
    // Sites that nobody took over are in the copied memory still.
    if (!child->dead && cloned.kind == CloneKind::fork) child->space->lift_stale();
    finish_stop(world, *child);
  }
  finish_stop(world, creator);
}

// A process that was killed stays as its parent's zombie when its tracer has taken its end.
bool lives(Tid tid) {
  const auto status = sys::task_status(tid);
  return status && status->state != 'Z' && status->state != 'X';
}

// A child taken for an orphan, although its creator lives: with CLONE_PARENT nothing tells whose it is.
bool adopted(const Task& task) {
  return !task.creator && (task.newborn || task.state == TaskState::stopped);
}

void join_adopted(World& world, Task& creator, Task& child) {
  creator.cloned.child = child.id;
  if (child.newborn) {
    child.creator = creator.id;  // its first stop is about to be handled
    return;
  }
  // It has been told of as an orphan; the creator alone has something to tell.
  creator.awaits_child.reset();
  tell_masked(world, creator, EventKind::clone, creator.cloned);
  finish_stop(world, creator);
}

}  // namespace

void begin_birth(World& world, Task& creator, const stop::Clone& stop) {
  creator.cloned = describe(creator, stop);
  creator.vfork_event = stop.vfork;
  creator.awaits_child = stop.child;
  const bool shares = creator.cloned.kind != CloneKind::fork;
  auto space = shares ? creator.space : copy_for_fork(*creator.space);
  if (Task* known = world.find(stop.child)) {
    if (adopted(*known)) return join_adopted(world, creator, *known);
    // An id that is in use again: the former task's death was not waited for.
    world.erase(*known);
  }
  Task& child = world.create(stop.child, creator.cloned.child_process, std::move(space));
  child.newborn = true;
  child.creator = creator.id;
  // The kernel hands them on.
  child.options = creator.options;
  child.dies_with_us = creator.dies_with_us;
  child.is_sibling = creator.cloned.kind != CloneKind::thread && (creator.cloned.flags & CLONE_PARENT) != 0;
  creator.cloned.child = child.id;
  // Its first stop may have been there before, or be there already: then both go on without another round of
  // the loop, and no drain that came before the child was known can have passed it over.
  auto early = world.early.extract(stop.child);
  // An end that nobody asked for may be that of an earlier task with the same id.
  const bool stale = early && !WIFSTOPPED(early.mapped().status) && lives(stop.child);
  if (early && !stale) {
    handle_status(world, {stop.child, early.mapped().status});
  } else if (auto status = world.waits.poll(stop.child)) {
    handle_status(world, *status);
  }
}

void settle_birth(World& world, Task& child, const Stop& stop) {
  child.newborn = false;
  child.job_stopped = std::holds_alternative<stop::Group>(stop);
  Task* creator = child.creator ? world.find(*child.creator) : nullptr;
  if (creator != nullptr && creator->awaits_child == child.id.tid) {
    complete_birth(world, *creator);
    return;
  }
  // The creator is gone. A thread is still its group's engines'; anything else has nobody.
  for (Task* sibling : child.group->tasks) {
    if (sibling != &child) pass_on_attachments(*sibling, child);
  }
  child.space->lift_stale();
  tell_born(world, child, event::Cloned{CloneKind::thread, child.id, child.group->pid, 0}, TaskId{});
  finish_stop(world, child);
}

void abandon_birth(World& world, Task& creator) {
  if (creator.awaits_child) complete_birth(world, creator);
}

void settle_exec(World& world, Task& task, Tid former) {
  Task* executing = &task;
  if (former != task.id.tid) {
    // The thread that called exec has taken the leader's id; the leader is gone without a status, and the
    // stop belongs to the other.
    Task* other = world.find(former);
    if (other != nullptr) {
      other->stopped = std::move(task.stopped);
      const auto generation = task.generation;
      world.erase(task);
      world.rename(*other, task.id.tid);
      world.set_state(*other, TaskState::stopped);
      other->generation = std::max(other->generation, generation) + 1;
      executing = other;
    }
  }
  Task& now = *executing;
  now.passage.reset();
  now.hit_at.reset();
  now.deferred.reset();
  now.regs.reset();
  now.xstate.reset();
  now.regs_dirty = now.xstate_dirty = false;
  now.debug_applied = {};
  now.debug_version = 0;
  now.group->threaded = false;
  now.in_exec = true;
  // What execve has still to return; the kernel sets it when the task goes on.
  if (auto regs = regs_of(now)) (*regs)->rax = 0;
  const auto old = now.space;
  world.move_to_space(now, std::make_shared<AddressSpace>());
  // What the engines had in the memory that is gone. A vfork child leaves memory that others still use, and
  // their engines keep theirs there.
  remove_points_of_departed(world, *old, engines_of(now));
  keep_sites(world, *old);
  if (auto launch = world.launches.find(now.id.tid); launch != world.launches.end()) {
    launch->second.disown();
    world.launches.erase(launch);
  }
  tell_masked(world, now, EventKind::exec, event::Execed{former});
  if (&now != &task) finish_stop(world, now);
}

}  // namespace cotrace::trace
