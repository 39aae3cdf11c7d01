// Making a task carry out a system call of somebody else's: the instruction, and the registers around it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "arch/x86_64/registers.h"

namespace cotrace::arch::x86_64 {

// The ones that there is a use for. Numbers differ between the modes.
enum class ForeignCall : std::uint8_t { map_anonymous, unmap };

// The instruction that calls the kernel in this mode.
std::array<std::byte, 2> system_call_instruction(Mode mode);
// For a private anonymous mapping: length and protection (mmap(2)). For the other: address and length.
void prepare_call(Mode mode, GeneralRegs& regs, ForeignCall call, std::uint64_t first, std::uint64_t second);
// What the call has returned; -1 to -4095 is an errno.
std::int64_t call_result(Mode mode, const GeneralRegs& regs);

}  // namespace cotrace::arch::x86_64
