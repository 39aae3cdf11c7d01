// The state of one instruction while it is emulated: a private copy of the registers and at most one pending
// store.
#pragma once

#include <cstdint>
#include <optional>

#include "arch/x86_64/instruction.h"
#include "arch/x86_64/zydis.h"

namespace cotrace::arch::x86_64 {

// Reads see the memory as it is; the one write that a simple instruction makes waits for commit(), so that an
// instruction that fails half-way has changed nothing. Values are zero-extended to 64 bits.
class Machine {
 public:
  Machine(Mode mode, const GeneralRegs& regs, const ZydisDecodedInstruction& insn, MemoryAccess& memory)
      : mode_(mode), regs_(regs), insn_(insn), memory_(memory) {}

  [[nodiscard]] GeneralRegs& regs() { return regs_; }
  [[nodiscard]] std::uint64_t next_pc() const { return truncate(regs_.rip + insn_.length); }

  // Nothing for an operand of another kind (segment, control or vector register) or memory that cannot be
  // read.
  std::optional<std::uint64_t> read(const ZydisDecodedOperand& operand);
  // False likewise; the operand's size decides how much of a register is kept.
  bool write(const ZydisDecodedOperand& operand, std::uint64_t value);
  // What lea computes: without the segment's base.
  [[nodiscard]] std::optional<std::uint64_t> effective_address(const ZydisDecodedOperand& operand) const;

  bool push(std::uint64_t value);
  std::optional<std::uint64_t> pop();
  // False where the processor might fault at the jump itself.
  bool jump(std::uint64_t target);

  // Writes the pending store and the registers back; all or nothing.
  bool commit(GeneralRegs& regs);

  // Of a stack slot and of a near branch's target.
  [[nodiscard]] unsigned word_bits() const { return mode_ == Mode::bits64 ? 64 : 32; }

 private:
  struct Store {
    Addr address;
    std::uint64_t value;
    std::size_t size;
  };

  [[nodiscard]] std::uint64_t truncate(std::uint64_t address) const;
  [[nodiscard]] std::optional<std::uint64_t> address_part(ZydisRegister reg) const;
  [[nodiscard]] std::optional<std::uint64_t> segment_base(ZydisRegister segment) const;
  [[nodiscard]] std::optional<Addr> linear_address(const ZydisDecodedOperand& operand) const;
  [[nodiscard]] bool is_flat() const;
  [[nodiscard]] bool in_reach(std::uint64_t address, std::size_t size) const;
  std::optional<std::uint64_t> load(Addr address, std::size_t size);
  bool store(Addr address, std::uint64_t value, std::size_t size);

  Mode mode_;
  GeneralRegs regs_;
  const ZydisDecodedInstruction& insn_;
  MemoryAccess& memory_;
  std::optional<Store> store_;
};

}  // namespace cotrace::arch::x86_64
