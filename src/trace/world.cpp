#include "trace/world.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/ptrace.h>

#include "linux/proc.h"
#include "trace/release.h"

namespace cotrace::trace {

Attachment* Task::find(const Engine& engine) {
  auto it = std::ranges::find_if(attachments, [&](const Attachment& a) { return a.engine == &engine; });
  return it == attachments.end() ? nullptr : &*it;
}

bool Task::attached() const {
  return std::ranges::any_of(attachments, [](const Attachment& a) { return a.engine != nullptr; });
}

bool Task::held() const {
  return std::ranges::any_of(attachments, [](const Attachment& a) { return a.engine != nullptr && a.holds; });
}

bool Task::wants(EventKind kind) const {
  return std::ranges::any_of(attachments,
                             [&](const Attachment& a) { return a.engine != nullptr && a.events.has(kind); });
}

Task& World::create(Tid tid, Pid process, std::shared_ptr<AddressSpace> space) {
  auto owned = std::make_unique<Task>();
  Task& task = *owned;
  task.id = TaskId{tid, ++last_serial_};
  auto& group = groups_[process];
  if (!group) {
    group = std::make_unique<ThreadGroup>();
    group->pid = process;
  }
  task.group = group.get();
  group->tasks.push_back(&task);
  task.space = std::move(space);
  task.space->tasks.insert(&task);
  ++task.space->running;
  waits.expect(tid);
  by_serial_[task.id.serial] = &task;
  tasks_[tid] = std::move(owned);
  return task;
}

void World::set_state(Task& task, TaskState state) {
  // A listening task runs no code, but it may go on at any moment without our doing.
  auto runs = [](TaskState s) { return s == TaskState::running || s == TaskState::listening; };
  if (task.space) {
    if (runs(task.state) && !runs(state)) --task.space->running;
    if (!runs(task.state) && runs(state)) ++task.space->running;
  }
  task.state = state;
  if (state == TaskState::stopped) {
    waits.expect_nothing(task.id.tid);
  } else {
    waits.expect(task.id.tid);
  }
  if (state == TaskState::in_vfork || state == TaskState::gone) look_at_departures();
}

void World::move_to_space(Task& task, std::shared_ptr<AddressSpace> space) {
  const bool runs = task.state == TaskState::running || task.state == TaskState::listening;
  if (runs) --task.space->running;
  task.space->forget(task);
  task.space = std::move(space);
  task.space->tasks.insert(&task);
  if (runs) ++task.space->running;
}

void World::erase(Task& task) {
  if (task.dead) return;
  task.dead = true;
  set_state(task, TaskState::gone);
  waits.forget(task.id.tid);
  task.stopped.reset();
  task.space->forget(task);
  ThreadGroup& group = *task.group;
  std::erase(group.tasks, &task);
  by_serial_.erase(task.id.serial);
  if (dead_tasks_.empty()) defer([this] { bury(); });
  if (auto node = tasks_.extract(task.id.tid)) dead_tasks_.push_back(std::move(node.mapped()));
  if (group.tasks.empty()) {
    if (auto node = groups_.extract(group.pid)) dead_groups_.push_back(std::move(node.mapped()));
  }
}

void World::defer(std::function<void()> work) {
  if (deferred_.empty()) {
    reactor.defer([alive = std::weak_ptr(alive_)] {
      if (auto world = alive.lock()) (*world)->run_deferred();
    });
  }
  deferred_.push_back(std::move(work));
}

void World::run_deferred() {
  // What comes up meanwhile waits for the next round, so that one task cannot keep the reactor from the
  // others.
  for (auto& work : std::exchange(deferred_, {})) work();
}

void World::when_let_go(Pid process, std::function<void()> done) {
  departures_.push_back({process, std::move(done)});
  look_at_departures();
}

void World::look_at_departures() {
  if (!departures_.empty()) defer([this] { tell_departures(); });
}

bool World::let_go(Pid process) const {
  const ThreadGroup* left = group(process);
  return left == nullptr || std::ranges::all_of(left->tasks, [](const Task* task) {
           return needed(*task) || task->state == TaskState::in_vfork || task->state == TaskState::gone;
         });
}

void World::tell_departures() {
  std::vector<Departure> gone;
  std::vector<Departure> staying;
  for (Departure& departure : departures_) {
    (let_go(departure.process) ? gone : staying).push_back(std::move(departure));
  }
  departures_ = std::move(staying);
  for (const auto& departure : gone) departure.done();
}

void World::bury() {
  dead_tasks_.clear();
  dead_groups_.clear();
}

Task* World::find(Tid tid) const {
  auto it = tasks_.find(tid);
  return it == tasks_.end() ? nullptr : it->second.get();
}

Task* World::find(TaskId id) const {
  auto it = by_serial_.find(id.serial);
  return it == by_serial_.end() ? nullptr : it->second;
}

ThreadGroup* World::group(Pid pid) const {
  auto it = groups_.find(pid);
  return it == groups_.end() ? nullptr : it->second.get();
}

void World::rename(Task& task, Tid tid) {
  waits.forget(task.id.tid);
  auto node = tasks_.extract(task.id.tid);
  node.key() = tid;
  task.id.tid = tid;
  tasks_.insert(std::move(node));
}

std::vector<Task*> World::all() const {
  std::vector<Task*> out;
  out.reserve(tasks_.size());
  for (const auto& [tid, task] : tasks_) out.push_back(task.get());
  return out;
}

Result<arch::native::GeneralRegs*> regs_of(Task& task) {
  if (task.regs) return &*task.regs;
  if (!task.stopped) return fail(Errc::not_stopped, "the task is running");
  auto regs = task.stopped->general_regs();
  if (!regs) return std::unexpected(regs.error());
  task.regs = *regs;
  return &*task.regs;
}

Result<> flush_registers(Task& task) {
  if (task.regs_dirty && task.regs) {
    if (auto set = task.stopped->set_general_regs(*task.regs); !set) return set;
  }
  if (task.xstate_dirty && task.xstate) {
    if (auto set = task.stopped->set_xstate(*task.xstate); !set) return set;
  }
  task.regs_dirty = false;
  task.xstate_dirty = false;
  return {};
}

bool stands(const Task& task) {
  if (task.dead) return false;
  if (task.state == TaskState::in_vfork) return true;
  return task.state == TaskState::stopped && !task.awaits_child && !task.newborn;
}

bool really_stands(const Task& task) {
  if (task.dead || task.exiting) return false;
  if (task.stopped) {
    // Woken by SIGKILL: ESRCH. Come as far as its exit stop, which stands like any other: its siginfo says
    // so. In a group stop there is none (EINVAL).
    const auto info = task.stopped->siginfo();
    if (!info) return info.error().sys_errno == EINVAL;
    return info->si_code != (PTRACE_EVENT_EXIT << 8 | SIGTRAP);
  }
  const auto status = sys::task_status(task.id.tid);
  if (!status) return false;
  if (task.state == TaskState::in_vfork) return status->state == 'D';
  return task.state == TaskState::listening && (status->state == 't' || status->state == 'T');
}

}  // namespace cotrace::trace
