#include "trace/points.h"

#include <algorithm>
#include <utility>

#include "trace/release.h"
#include "trace/report.h"
#include "trace/resume.h"
#include "trace/sharers.h"

namespace cotrace::trace {

namespace {

std::shared_ptr<Condition> shared(Condition condition) {
  return condition ? std::make_shared<Condition>(std::move(condition)) : nullptr;
}

// Tasks that run must stop for a moment to have their debug registers written; run() does that.
void spread_hardware(AddressSpace& space) {
  ++space.debug_version;
  for (Task* task : space.tasks) request_interrupt(*task);
}

void lift_if_stale(AddressSpace& space, Addr address) {
  // While nothing runs here the breakpoint may stay in memory, unseen: it is often asked for again before
  // anything does (gdb takes all of them out at each stop), and run() lifts what is stale.
  if (space.running != 0) space.lift(address);
}

}  // namespace

Result<PointId> add_breakpoint(World& world, Task& task, Engine& engine, Addr address, Condition condition) {
  if (task.find(engine) == nullptr) return fail(Errc::invalid, "the engine is not attached to this task");
  take_in_sharers(world, task);
  auto site = task.space->plant(address);
  if (!site) return std::unexpected(site.error());
  const PointId point = world.new_point();
  task.space->sites.add_owner(**site, Owner{&engine, point, shared(std::move(condition))});
  world.points[point] = PointRecord{&engine, task.space, address, false};
  return point;
}

Result<PointId> add_hardware(World& world, Task& task, Engine& engine, Addr address,
                             std::vector<arch::native::DebugSlot> slots, Condition condition) {
  if (task.find(engine) == nullptr) return fail(Errc::invalid, "the engine is not attached to this task");
  AddressSpace& space = *task.space;
  if (auto added = space.debug.add(slots); !added) return std::unexpected(added.error());
  const PointId point = world.new_point();
  space.hardware.push_back(
      HardwarePoint{&engine, point, address, std::move(slots), shared(std::move(condition))});
  world.points[point] = PointRecord{&engine, task.space, address, true};
  spread_hardware(space);
  return point;
}

Result<> remove_point(World& world, Engine& engine, PointId point) {
  auto it = world.points.find(point);
  if (it == world.points.end() || it->second.engine != &engine) {
    return fail(Errc::not_found, "no such breakpoint of this engine");
  }
  const PointRecord record = it->second;
  world.points.erase(it);
  auto space = record.space.lock();
  if (!space) return {};
  if (!record.hardware) {
    Site* site = space->sites.find(record.address);
    if (site != nullptr && space->sites.remove_owner(*site, point)) lift_if_stale(*space, record.address);
    // Tasks that were kept for the sites alone.
    if (!space->sites.any_owned()) {
      for (Task* task : std::vector<Task*>(space->tasks.begin(), space->tasks.end())) {
        if (!task->attached()) release_soon(world, *task);
      }
    }
    return {};
  }
  auto hardware =
      std::ranges::find_if(space->hardware, [&](const HardwarePoint& p) { return p.point == point; });
  if (hardware == space->hardware.end()) return {};
  space->debug.remove(hardware->slots);
  space->hardware.erase(hardware);
  spread_hardware(*space);
  return {};
}

void remove_points_of(World& world, AddressSpace& space, const Engine& engine) {
  for (const auto& [address, site] : space.sites.all()) {
    for (const Owner& owner : site.owners) {
      if (owner.engine == &engine) world.points.erase(owner.point);
    }
  }
  space.sites.remove_engine(engine);
  if (space.running != 0) space.lift_stale();
  const auto before = space.hardware.size();
  std::erase_if(space.hardware, [&](const HardwarePoint& point) {
    if (point.engine != &engine) return false;
    world.points.erase(point.point);
    space.debug.remove(point.slots);
    return true;
  });
  if (space.hardware.size() != before) spread_hardware(space);
}

void remove_points_of_departed(World& world, AddressSpace& space, const std::vector<Engine*>& engines) {
  for (const Engine* engine : engines) {
    const bool elsewhere =
        std::ranges::any_of(space.tasks, [&](Task* task) { return task->find(*engine) != nullptr; });
    if (!elsewhere) remove_points_of(world, space, *engine);
  }
  for (Task* other : std::vector<Task*>(space.tasks.begin(), space.tasks.end())) {
    if (!needed(*other)) release_soon(world, *other);
  }
}

void tell_hit(World& world, Task& task, Addr pc) {
  const std::shared_ptr<AddressSpace> space = task.space;
  for (Engine* engine : engines_of(task)) {
    // Looked up anew for each engine: the one before may have changed everything.
    const Site* site = space->sites.find(pc);
    if (site == nullptr) return;
    const auto owners = site->owners;
    event::BreakpointHit hit{pc, {}, false};
    for (const Owner& owner : owners) {
      if (owner.engine != engine || task.find(*engine) == nullptr) continue;
      if (!condition_holds(owner.condition, task.id)) continue;
      hit.points.push_back(owner.point);
    }
    if (!hit.points.empty()) tell_trap(world, task, *engine, hit);
    if (task.dead) return;
  }
}

std::shared_ptr<AddressSpace> copy_for_fork(const AddressSpace& parent) {
  auto child = std::make_shared<AddressSpace>();
  child->had_sites = parent.had_sites;
  for (const auto& [address, site] : parent.sites.all()) child->sites.add(address, site.original);
  return child;
}

void adopt(World& world, Task& child, const AddressSpace& parent, Engine& engine) {
  AddressSpace& space = *child.space;
  auto& adopted = world.adoptions[child.id.serial];
  for (const auto& [address, site] : parent.sites.all()) {
    Site* copy = space.sites.find(address);
    if (copy == nullptr) continue;
    for (const Owner& owner : site.owners) {
      if (owner.engine != &engine) continue;
      const PointId point = world.new_point();
      space.sites.add_owner(*copy, Owner{&engine, point, owner.condition});
      world.points[point] = PointRecord{&engine, child.space, address, false};
      adopted.push_back({&engine, owner.point, point});
    }
  }
  for (const HardwarePoint& point : parent.hardware) {
    if (point.engine != &engine || !space.debug.add(point.slots)) continue;
    HardwarePoint copy = point;
    copy.point = world.new_point();
    space.hardware.push_back(copy);
    world.points[copy.point] = PointRecord{&engine, child.space, point.address, true};
    adopted.push_back({&engine, point.point, copy.point});
    ++space.debug_version;
  }
}

}  // namespace cotrace::trace
