// Tasks that run in a memory with breakpoints without having come there by a birth that was told: made before
// anybody attached, let go while no breakpoint was there, or made with CLONE_UNTRACED.
#pragma once

#include <memory>

#include "trace/world.h"

namespace cotrace::trace {

// The address space of a process that is about to be traced: that of a task which is known and shares its
// memory, else a new one.
std::shared_ptr<AddressSpace> space_of(World& world, Pid process);

// The space among those of `tasks` that this task shares; nothing where it has a memory of its own.
std::shared_ptr<AddressSpace> shared_space(const std::vector<Task*>& tasks, Tid tid);

// Before the first breakpoint goes into the memory that the task runs in: whoever shares it and is not traced
// would die of it. Each becomes a shadow. Looks at every process where the space is not known to be complete;
// where it is, once, for children that ptrace did not show.
//
// Who is made by CLONE_UNTRACED later than that is not found, and dies of SIGTRAP at a breakpoint: no event
// tells of it (ptrace(2), PTRACE_O_TRACECLONE), and to look at each system call would cost every program.
void take_in_sharers(World& world, Task& task);

}  // namespace cotrace::trace
