// Breakpoints and watchpoints: the owners' side of sites and debug registers.
#pragma once

#include <cotrace/engine.h>
#include <cotrace/error.h>

#include "trace/world.h"

namespace cotrace::trace {

Result<PointId> add_breakpoint(World& world, Task& task, Engine& engine, Addr address, Condition condition);
Result<PointId> add_hardware(World& world, Task& task, Engine& engine, Addr address,
                             std::vector<arch::native::DebugSlot> slots, Condition condition);
Result<> remove_point(World& world, Engine& engine, PointId point);
// Everything the engine owns in this space.
void remove_points_of(World& world, AddressSpace& space, const Engine& engine);
// A task that these engines were attached to has left the space, by its end or by an exec: what those of them
// own there that have no other task in it, and the tasks that were kept for that alone.
void remove_points_of_departed(World& world, AddressSpace& space, const std::vector<Engine*>& engines);

// The hit of a planted site at pc: tells the owners on this task. (None: the task passes silently.)
void tell_hit(World& world, Task& task, Addr pc);

// The memory of a fork: sites as in the parent's, owned by nobody yet; adopt() gives an engine its own there.
std::shared_ptr<AddressSpace> copy_for_fork(const AddressSpace& parent);
void adopt(World& world, Task& child, const AddressSpace& parent, Engine& engine);

}  // namespace cotrace::trace
