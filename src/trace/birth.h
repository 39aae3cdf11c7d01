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

void settle_exec(World& world, Task& task, Tid former);

}  // namespace cotrace::trace
