// Signals of a stopped task that wait for their delivery.
#pragma once

#include <cstdint>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/event.h>

#include "linux/ptrace.h"

namespace cotrace::sys {

// Those sent to the thread itself, with their siginfo, in the order of their arrival (PTRACE_PEEKSIGINFO);
// nothing is taken out.
Result<std::vector<SigInfo>> pending_signals(const StoppedTask& task);
// Those sent to its process, for whichever thread takes them first.
Result<std::vector<SigInfo>> shared_pending_signals(const StoppedTask& task);

// PTRACE_SETSIGMASK; returns the mask that was set before.
Result<std::uint64_t> replace_signal_mask(const StoppedTask& task, std::uint64_t mask);

}  // namespace cotrace::sys
