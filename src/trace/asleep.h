// A task that was attached to while it sleeps in vfork: it cannot be stopped, and nobody has seen the stop
// whose registers it would be shown with.
#pragma once

#include "trace/world.h"

namespace cotrace::trace {

// If that is where the task is, it stands from now on (TaskState::in_vfork). Its registers are what /proc
// tells of the call that it sleeps in: pc, stack pointer, arguments and number; the others read as 0.
void note_sleep(World& world, Task& task);

// The same, soon, of every task that has been asked to stop since it was seized and has not: to ask /proc
// about each thread that is attached to would cost more than to stop it.
void look_for_sleepers(World& world);

// The task has stopped for the first time since note_sleep(): of its registers those that have been written
// meanwhile are changed, and no others.
void merge_guessed_registers(Task& task);

}  // namespace cotrace::trace
