// The decoder library, and what the files beside this one share of it. Not included by anything outside this
// folder.
#pragma once

#include <Zydis/Zydis.h>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "arch/x86_64/instruction.h"

namespace cotrace::arch::x86_64 {

struct Decoded {
  ZydisDecodedInstruction insn;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;

  [[nodiscard]] std::span<const ZydisDecodedOperand> all() const {
    return std::span(operands).first(insn.operand_count);
  }
  // Those that an assembler would write.
  [[nodiscard]] std::span<const ZydisDecodedOperand> visible() const {
    return std::span(operands).first(insn.operand_count_visible);
  }
};

// Nothing if the bytes are no instruction or end in the middle of one.
std::optional<Decoded> decode_operands(Mode mode, std::span<const std::byte> code);

Instruction::Kind kind_of(const Decoded& decoded);

// Whether one of the legacy prefixes is this byte, with or without effect.
bool has_prefix(const ZydisDecodedInstruction& insn, std::uint8_t byte);

// A near branch with the operand-size prefix: Intel's processors ignore it in 64-bit mode, AMD's go to a
// 16-bit target (SDM vol. 2, "JMP"; APM vol. 3, "JMP near"). REX.W outdoes it on both: "data16 rex.W call" is
// what the linker makes for thread-local variables.
bool is_ambiguous_branch(const ZydisDecodedInstruction& insn);

// The general register that the operand's register is (a part of), as instructions encode it (0 rax, 1 rcx, 2
// rdx, 3 rbx, 4 rsp ...). Nothing for any other register.
std::optional<unsigned> general_register(ZydisRegister reg);

// A field of user_regs_struct by that number.
using RegisterField = unsigned long long GeneralRegs::*;
RegisterField field_of(unsigned encoded);

// The same register's number in the order of user_regs_struct, as Relocated::spare has it.
std::uint8_t struct_index(unsigned encoded);

}  // namespace cotrace::arch::x86_64
