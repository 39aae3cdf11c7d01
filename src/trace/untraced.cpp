#include "trace/untraced.h"

#include <set>
#include <unistd.h>

#include "linux/proc.h"

namespace cotrace::trace {

namespace {

// Nothing: the core has it, or will hear of it, or it is dead.
std::optional<UntracedTask> if_untraced(const World& world, Tid tid) {
  if (world.find(tid) != nullptr || world.early.contains(tid)) return std::nullopt;
  const auto status = sys::task_status(tid);
  if (!status || status->tracer == Tid{::gettid()} || status->state == 'Z' || status->state == 'X')
    return std::nullopt;
  return UntracedTask{tid, status->group, status->parent, status->tracer, status->name};
}

}  // namespace

std::vector<UntracedTask> untraced_tasks(const World& world) {
  std::set<Pid> traced;
  for (const Task* task : world.all()) traced.insert(task->group->pid);
  std::vector<UntracedTask> out;
  const auto consider = [&](Tid tid) {
    if (auto found = if_untraced(world, tid)) out.push_back(std::move(*found));
  };
  for (const Pid process : traced) {
    for (const Tid thread : sys::threads_of(process).value_or(std::vector<Tid>{})) consider(thread);
    for (const Pid child : sys::children_of(process).value_or(std::vector<Pid>{})) consider(leader_of(child));
  }
  return out;
}

}  // namespace cotrace::trace
