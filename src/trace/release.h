// Letting go: one engine of a task, the core of a task.
#pragma once

#include "trace/world.h"

namespace cotrace::trace {

// Takes the engine off the task; what it owned in the address space goes with its last attachment there. The
// task is not released here: resume_if_free() does that where it is no longer needed.
void detach_engine(World& world, Task& task, Engine& engine);

// A task is traced as long as an engine is attached to it or its address space holds a site that somebody
// owns.
bool needed(const Task& task);

// Undoes everything and detaches. The task must stand; a trap that its last instruction has raised and that
// was not reported yet is collected first, and the task comes back here.
void release(World& world, Task& task);

// Makes a task that is not needed any more stop, so that it can be released.
void release_soon(World& world, Task& task);

// The trap that an interrupt has overtaken: a site's int3 or a step that was done before the task could
// report it. True if the task was set going to collect it (it runs no further instruction).
bool fetch_pending_trap(World& world, Task& task);

// A task that has just been attached to, and a signal was on its way to it before: the interrupt has
// overtaken it. True if the task was set going to take it (it runs no further instruction); who attaches sees
// the signal, as with PTRACE_ATTACH.
bool fetch_pending_signal(World& world, Task& task);

}  // namespace cotrace::trace
