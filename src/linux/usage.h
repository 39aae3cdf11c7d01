// What a process has used so far: time and memory, from /proc. Nothing here stops anybody.
#pragma once

#include <chrono>
#include <cstdint>

#include <cotrace/error.h>
#include <cotrace/ids.h>

namespace cotrace::sys {

// Of all threads of the process together, those that have ended included; in steps of the kernel's clock
// tick, 10 ms as a rule. Of a zombie, too.
struct CpuTime {
  std::chrono::milliseconds user{0}, system{0};
};
// `task`: any thread of the process.
Result<CpuTime> cpu_time_of(Tid task);

// The most memory that the process has had resident in its present address space (VmHWM), in bytes.
// not_found: it has no memory any more, or never had.
Result<std::uint64_t> peak_memory_of(Tid task);

// How long ago it was started, in steps of the clock tick.
Result<std::chrono::milliseconds> age_of(Tid task);

}  // namespace cotrace::sys
