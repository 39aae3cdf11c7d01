// New tasks: what they are, who follows them, what becomes of the sites in their memory; and exec, the other
// way to start anew.
#pragma once

#include "trace/stop.h"
#include "trace/world.h"

namespace cotrace::trace {

// The creator stands at its clone event. The engines are told when the child stands too; either stop may come
// first.
void begin_birth(World& world, Task& creator, const stop::Clone& stop);
// The first stop of a new task.
void settle_birth(World& world, Task& child, const Stop& stop);
// The child was killed before its first stop, or the creator before its event could be told.
void abandon_birth(World& world, Task& creator);

// All tasks of a process that may have had a child on the way are gone (it has ended, or a thread of it has
// called exec), so that no clone event will tell of the child: one that has stopped already is taken in.
// `memory` is what it was made from. While a task that may be the creator lives, its event comes: a child
// taken in too early is told of twice, or waited for without end
// (TargetRun.NoThreadIsHaltedInTheMiddleOfACloneCall).
void adopt_orphans(World& world, Pid former_parent, AddressSpace& memory);

void settle_exec(World& world, Task& task, Tid former);

// The ptrace options of every task (ptrace(2)).
std::uint32_t base_options(const World& world);

}  // namespace cotrace::trace
