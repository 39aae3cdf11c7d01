// The notes of a core file: what is in it beside memory.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/event.h>
#include <cotrace/tracer.h>

#include "linux/proc.h"

namespace cotrace::engines {

struct CoreThread {
  TaskId task;
  std::optional<SigInfo> signal;
};

// The contents of the PT_NOTE segment, in the order in which the kernel writes them; debuggers take the first
// thread for the one that crashed. Threads whose registers cannot be had are left out; gone: the first one's.
Result<std::vector<std::byte>> core_notes(Tracer& tracer, Pid process, const std::vector<CoreThread>& threads,
                                          const std::vector<sys::Mapping>& maps);

}  // namespace cotrace::engines
