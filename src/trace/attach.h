// Getting hold of tasks: launching a program, attaching to a living process.
#pragma once

#include "trace/world.h"

namespace cotrace::trace {

Result<TaskId> launch_program(World& world, const sys::LaunchSpec& spec, Engine& engine,
                              const AttachOptions& options);
Result<std::vector<TaskId>> attach_process(World& world, Pid process, Engine& engine,
                                           const AttachOptions& options);
// One more engine on a task that is known already.
Result<> attach_engine(World& world, Task& task, Engine& engine, const AttachOptions& options);

}  // namespace cotrace::trace
