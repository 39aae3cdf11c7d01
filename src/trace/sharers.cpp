#include "trace/sharers.h"

#include <algorithm>
#include <set>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "linux/kcmp.h"
#include "linux/proc.h"
#include "trace/asleep.h"
#include "trace/attach.h"

namespace cotrace::trace {

namespace {

std::set<Pid> processes_in(const AddressSpace& space) {
  std::set<Pid> out;
  for (const Task* task : space.tasks) out.insert(task->group->pid);
  return out;
}

// Of some task of the space that has not given its memory up yet. A process whose leader has exited before
// its threads is not recognised: the leader's memory is gone, and it alone is asked about.
bool runs_in(const AddressSpace& space, Pid process) {
  return std::ranges::any_of(space.tasks, [&](const Task* task) {
    return task->state != TaskState::gone &&
           sys::share_memory(task->id.tid, leader_of(process)).value_or(false);
  });
}

std::vector<Pid> suspects(const AddressSpace& space) {
  if (!space.complete) return sys::processes().value_or(std::vector<Pid>{});
  std::vector<Pid> out;
  for (Pid process : processes_in(space)) {
    const auto children = sys::children_of(process);
    if (children) out.insert(out.end(), children->begin(), children->end());
  }
  return out;
}

// Its birth is on its way to us.
bool traced_here(Pid process) {
  const auto status = sys::task_status(leader_of(process));
  return status && status->tracer == Tid{::gettid()};
}

// True if anybody was found who was not known.
bool take_in(World& world, const std::shared_ptr<AddressSpace>& space, std::set<Tid>& tried,
             std::optional<Error>& refusal) {
  bool any = false;
  for (Pid process : processes_in(*space))
    any = seize_threads(world, process, space, false, tried, refusal) || any;
  for (Pid process : suspects(*space)) {
    if (world.group(process) != nullptr || !runs_in(*space, process) || traced_here(process)) continue;
    any = seize_threads(world, process, space, false, tried, refusal) || any;
  }
  return any;
}

}  // namespace

std::shared_ptr<AddressSpace> shared_space(const std::vector<Task*>& tasks, Tid tid) {
  std::set<const AddressSpace*> asked;
  for (const Task* task : tasks) {
    if (task->id.tid == tid || task->state == TaskState::gone || !asked.insert(task->space.get()).second)
      continue;
    if (sys::share_memory(task->id.tid, tid).value_or(false)) return task->space;
  }
  return nullptr;
}

std::shared_ptr<AddressSpace> space_of(World& world, Pid process) {
  const ThreadGroup* known = world.group(process);
  if (known != nullptr && !known->tasks.empty()) return known->tasks.front()->space;
  if (auto shared = shared_space(world.all(), leader_of(process))) return shared;
  auto space = std::make_shared<AddressSpace>();
  space->complete = false;
  return space;
}

void take_in_sharers(World& world, Task& task) {
  const std::shared_ptr<AddressSpace> space = task.space;
  if (space->sites.any_owned() || (space->complete && space->had_sites)) return;
  std::set<Tid> tried;
  std::optional<Error> refusal;
  // Whoever is not seized yet can go on making others.
  while (take_in(world, space, tried, refusal)) {
  }
  for (Task* other : space->tasks) note_sleep(world, *other);
  if (refusal) {
    spdlog::warn(
        "a process that shares the memory of process {} cannot be traced, and a breakpoint may kill it: {}",
        task.group->pid.value, refusal->text);
    return;
  }
  space->complete = true;
}

}  // namespace cotrace::trace
