#include "trace/orphans.h"

#include <algorithm>
#include <chrono>
#include <sys/wait.h>
#include <utility>

#include "linux/memory.h"
#include "linux/proc.h"
#include "trace/resume.h"
#include "trace/sharers.h"
#include "trace/status.h"

namespace cotrace::trace {

namespace {

// The creator's event comes within microseconds, or within a time slice where it has lost the processor.
constexpr auto patience = std::chrono::milliseconds(50);
// How many memories that are gone are remembered: a few more than processors, for a child has at most a time
// slice between its creator's death and its own first stop.
constexpr std::size_t most_kept = 64;

// Every task that may have made this one. (With CLONE_PARENT it is a sibling.)
std::vector<Task*> possible_creators(const World& world, const sys::TaskStatus& about) {
  std::vector<Task*> out;
  for (Task* task : world.all()) {
    const Pid process = task->group->pid;
    bool possible = process == about.parent || process == about.group;
    if (!possible) {
      const auto status = sys::task_status(leader_of(process));
      possible = status && status->parent == about.parent;
    }
    if (possible) out.push_back(task);
  }
  return out;
}

// From the birth of its child to the stop that tells of it, a task does not sleep, and stops nowhere else.
bool seen_elsewhere(const Task& task, const Early& early) {
  if (task.state != TaskState::running) return true;
  const auto asked =
      std::ranges::find_if(early.asked, [&](const auto& entry) { return entry.first == task.id; });
  if (asked != early.asked.end() && asked->second != task.generation) return true;
  const auto status = sys::task_status(task.id.tid);
  // Traced stops that have not been handled yet may be just that.
  return !status || (status->state != 'R' && status->state != 't');
}

void ask(Early& early, Task& task) {
  const auto known =
      std::ranges::find_if(early.asked, [&](const auto& entry) { return entry.first == task.id; });
  if (known == early.asked.end()) early.asked.emplace_back(task.id, task.generation);
  request_interrupt(task);
}

// Which of these breakpoints are in the memory of the task.
void add_present(SiteTable& table, const SiteTable& candidates, const sys::ProcessMemory& memory) {
  for (const auto& [address, site] : candidates.all()) {
    std::byte there{};
    const auto got = memory.read(address, {&there, 1});
    if (got && there == arch::native::breakpoint_instruction) table.add(address, site.original);
  }
}

std::shared_ptr<AddressSpace> space_of_orphan(World& world, Tid tid, const sys::TaskStatus& about,
                                              const std::vector<Task*>& creators) {
  if (const ThreadGroup* group = world.group(about.group)) return group->tasks.front()->space;
  if (auto shared = shared_space(world.all(), tid)) return shared;
  auto copy = std::make_shared<AddressSpace>();
  const auto memory = sys::ProcessMemory::open(tid);
  if (!memory) return copy;
  for (const Task* creator : creators) add_present(copy->sites, creator->space->sites, *memory);
  for (const SiteTable& sites : world.left_sites) add_present(copy->sites, sites, *memory);
  return copy;
}

// False: its creator may still tell of it.
bool take_in(World& world, Tid tid, Early& early) {
  const auto about = sys::task_status(tid);
  if (!about) return true;
  const auto creators = possible_creators(world, *about);
  bool all_elsewhere = true;
  for (Task* task : creators) {
    if (seen_elsewhere(*task, early)) continue;
    ask(early, *task);
    all_elsewhere = false;
  }
  if (!all_elsewhere) return false;
  // One that has died without ever being known is nobody's.
  if (!WIFSTOPPED(early.status)) return true;
  Task& orphan = world.create(tid, about->group, space_of_orphan(world, tid, *about, creators));
  orphan.newborn = true;
  world.defer([&world, tid, status = early.status] { handle_status(world, {tid, status}); });
  return true;
}

void arm(World& world) {
  if (world.early_timer.active()) return;
  world.early_timer = world.reactor.at(base::Reactor::Clock::now() + patience, [&world] {
    world.defer([&world] {
      look_at_early(world);
      if (!world.early.empty()) arm(world);
    });
  });
}

}  // namespace

void note_early(World& world, Tid tid, int status) {
  world.early[tid].status = status;
  arm(world);
}

void look_at_early(World& world) {
  std::vector<Tid> tids;
  tids.reserve(world.early.size());
  for (const auto& [tid, early] : world.early) tids.push_back(tid);
  for (Tid tid : tids) {
    if (take_in(world, tid, world.early[tid])) world.early.erase(tid);
  }
}

void keep_sites(World& world, AddressSpace& space) {
  if (!space.tasks.empty() || space.sites.empty()) return;
  world.left_sites.push_back(std::exchange(space.sites, {}));
  if (world.left_sites.size() > most_kept) world.left_sites.pop_front();
}

}  // namespace cotrace::trace
