// Which PTRACE_O_... options a task is to have.
#pragma once

#include <cstdint>

#include "trace/world.h"

namespace cotrace::trace {

// What every task has: births and execs stop it, system-call stops can be told from others.
std::uint32_t base_options();
// And what this one needs beside that.
std::uint32_t options_for(const Task& task);
// Sets them where they are not what the task needs. It must stand; if it has been killed meanwhile, it does
// not matter any more.
void refresh_options(Task& task);

}  // namespace cotrace::trace
