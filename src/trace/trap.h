// SIGTRAPs of the kernel's own making: breakpoints, steps, debug registers.
#pragma once

#include <cotrace/event.h>

#include "trace/world.h"

namespace cotrace::trace {

// Tells whoever asked for what has trapped. False: the trap is the program's own, a signal like any other.
bool settle_trap(World& world, Task& task, const SigInfo& info);

}  // namespace cotrace::trace
