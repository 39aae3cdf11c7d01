// The trap flag: what single-stepping sets for itself in EFLAGS must show neither to the program nor to an
// engine.
#pragma once

#include <cstddef>
#include <span>

#include "trace/world.h"

namespace cotrace::trace {

// Just before the task is resumed with a single step: of `given`, or of what its memory has at the pc.
void remember_step(Task& task, std::span<const std::byte> given = {});
// Just after the step, with the program counter and the stack pointer where the program itself would have
// them: the flag goes from what the instruction pushed, and from the task's own flags, unless it is the
// program's.
void mend_flags(Task& task);
// The step began with the program's own trap flag set: the trap is the program's as well.
bool stepped_itself(const Task& task);

}  // namespace cotrace::trace
