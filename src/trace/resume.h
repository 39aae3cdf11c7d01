// Making a task run: when nobody holds it, with the strongest of what its engines want.
#pragma once

#include "linux/ptrace.h"
#include "trace/world.h"

namespace cotrace::trace {

// Resumes the task if it stands and nothing keeps it: no hold, no birth to be told, no other task that steps
// in place. A task that no engine has and no site needs is released instead.
void resume_if_free(World& world, Task& task);
// The same once the reactor is back at its top, if the task is still there then.
void resume_later(World& world, Task& task);

// The one place where tasks are made to run: registers and debug registers are written, then the request
// made. False: the task is gone.
bool run(World& world, Task& task, sys::Run how, int signal);

// Asks a running task to stop, unless that is under way already or it cannot stop (in_vfork).
void request_interrupt(Task& task);

}  // namespace cotrace::trace
