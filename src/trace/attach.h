// Getting hold of tasks: launching a program, attaching to a living process.
#pragma once

#include <memory>
#include <optional>
#include <set>

#include "trace/world.h"

namespace cotrace::trace {

// Seizes every thread of a process that is not traced yet, those included that are made meanwhile, without an
// engine; with `exits` their ends will be told too. True if there was any that is not among `tried`, seized
// or not; `refusal` tells of the last one that could not be.
bool seize_threads(World& world, Pid process, const std::shared_ptr<AddressSpace>& space, bool exits,
                   std::set<Tid>& tried, std::optional<Error>& refusal);

Result<TaskId> launch_program(World& world, const sys::LaunchSpec& spec, Engine& engine,
                              const AttachOptions& options);
Result<std::vector<TaskId>> attach_process(World& world, Pid process, Engine& engine,
                                           const AttachOptions& options);
// One more engine on a task that is known already.
Result<> attach_engine(World& world, Task& task, Engine& engine, const AttachOptions& options);

}  // namespace cotrace::trace
