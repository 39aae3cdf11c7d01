// Relatives of traced tasks that nobody here traces.
#pragma once

#include <vector>

#include "trace/core.h"
#include "trace/world.h"

namespace cotrace::trace {

// The living children of traced processes, and the threads in them, that the core does not know: let go,
// never followed, or made with CLONE_UNTRACED, of which no event tells (ptrace(2), PTRACE_O_TRACECLONE).
// Looked for in /proc when somebody asks, at the cost of a file for each traced thread.
std::vector<UntracedTask> untraced_tasks(const World& world);

}  // namespace cotrace::trace
