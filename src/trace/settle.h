// What a stop means: is it the core's own (a step, a site, a passage, a birth), or is it for the engines?
#pragma once

#include "trace/stop.h"
#include "trace/world.h"

namespace cotrace::trace {

// The task has just stopped and `stop` says why. Tells the engines whatever is theirs, and lets the task go
// on if nobody holds it.
void settle(World& world, Task& task, const Stop& stop);

// After anything that may have let the task go on: what is owed is told, then the task resumed if it is free.
void finish_stop(World& world, Task& task);

// True (and forgotten) if the core itself has sent this signal for an engine that asked for it: it is
// delivered unreported.
bool take_injected(Task& task, const SigInfo& info);

}  // namespace cotrace::trace
