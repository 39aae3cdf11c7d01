// What a task asked for when it made another one: the clone flags, from its registers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include <cotrace/error.h>
#include <cotrace/event.h>
#include <cotrace/ids.h>

#include "linux/ptrace.h"

namespace cotrace::sys {

// Reads the task's memory; ProcessMemory::read bound to its address space, or Core's.
using ReadTaskMemory = std::function<Result<std::size_t>(Addr address, std::span<std::byte> out)>;

// The clone flags (CLONE_VM ...) of a task that stands at PTRACE_EVENT_CLONE, _FORK or _VFORK, from its
// registers there. The exit signal that clone(2) carries in the low byte is taken out. fork: 0; vfork:
// CLONE_VM | CLONE_VFORK. Both system-call tables are known, the 64-bit and the 32-bit one. `read` is called
// for clone3 alone, whose flags are in memory. Nothing: no system call that makes a task, or the memory could
// not be read.
//
// Another thread may have written to clone3's structure since the kernel read it; who depends on the answer
// (is the memory shared?) asks share_memory() too.
std::optional<std::uint64_t> clone_flags(const GeneralRegs& regs, const ReadTaskMemory& read);

// What the flags make of the new task.
CloneKind clone_kind(std::uint64_t flags);

}  // namespace cotrace::sys
