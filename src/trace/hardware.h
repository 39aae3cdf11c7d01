// Debug registers: the same hardware points on every traced task of an address space.
#pragma once

#include <cstdint>

#include <cotrace/error.h>

#include "trace/world.h"

namespace cotrace::trace {

// Writes the debug registers of a stopped task if they differ from what its address space wants.
Result<> apply_hardware(Task& task);
// Zero them: the task is about to be let go.
Result<> clear_hardware(Task& task);

// After a trap that debug registers may have raised: tells their owners. True if any slot in use had fired,
// told or not.
bool tell_hardware_hits(World& world, Task& task);

}  // namespace cotrace::trace
