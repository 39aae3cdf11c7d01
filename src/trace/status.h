// Wait statuses on their way in: who stopped, who died.
#pragma once

#include "linux/wait.h"
#include "trace/world.h"

namespace cotrace::trace {

// One status as wait gave it: to the task it belongs to, or kept if its creator's event is still to come.
void handle_status(World& world, const sys::WaitStatus& status);

}  // namespace cotrace::trace
