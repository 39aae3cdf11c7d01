#include <cstring>

#include "arch/x86_64/flags.h"
#include "arch/x86_64/instruction.h"
#include "arch/x86_64/zydis.h"

namespace cotrace::arch::x86_64 {

namespace {

// A field of user_regs_struct by its index there.
std::byte* field_at(GeneralRegs& regs, std::uint8_t index) {
  return reinterpret_cast<std::byte*>(&regs) + std::size_t{index} * sizeof regs.rax;
}

std::uint64_t exchange_field(GeneralRegs& regs, std::uint8_t index, std::uint64_t value) {
  std::uint64_t before = 0;
  std::memcpy(&before, field_at(regs, index), sizeof before);
  std::memcpy(field_at(regs, index), &value, sizeof value);
  return before;
}

std::uint64_t truncate(const Relocated& copy, std::uint64_t address) {
  return copy.mode == Mode::bits64 ? address : address & 0xffffffff;
}

// Where the original would have gone.
std::uint64_t mended_pc(const Relocated& copy, std::uint64_t pc) {
  const std::uint64_t end = truncate(copy, copy.to.value + copy.copy_length);
  if (copy.taken) {
    const std::uint64_t taken = truncate(copy, copy.to.value + copy.taken_offset);
    if (pc == taken || pc == taken + 1) return copy.taken->value;
  }
  // One past the end: the guard behind the copy has run. That comes of not stepping, or of an instruction
  // that the kernel carries out in its fault handler, where the step's trap is lost (sldt, sgdt ... with
  // UMIP, seen on 6.18).
  if (!copy.pc_absolute && (pc == end || pc == end + 1)) return truncate(copy, copy.from.value + copy.length);
  return pc;  // set absolutely, by the instruction or by a system call (sigreturn, execve)
}

bool mend_return_address(const Relocated& copy, const GeneralRegs& regs, MemoryAccess& memory) {
  const std::uint64_t pushed = truncate(copy, copy.to.value + copy.copy_length);
  const std::uint64_t wanted = truncate(copy, copy.from.value + copy.length);
  std::array<std::byte, 8> slot{};
  const auto bytes = std::span(slot).first(copy.mode == Mode::bits64 ? 8 : 4);
  if (!memory.read(Addr{regs.rsp}, bytes)) return false;
  std::uint64_t found = 0;
  std::memcpy(&found, slot.data(), sizeof found);
  if (found != pushed) return false;  // another thread has written over it
  std::memcpy(slot.data(), &wanted, sizeof wanted);
  return memory.write(Addr{regs.rsp}, bytes);
}

// TF is bit 0 of the second byte, however much of the flags was pushed.
bool clear_pushed_trap_flag(const GeneralRegs& regs, MemoryAccess& memory) {
  const Addr address = Addr{regs.rsp} + 1;
  std::array<std::byte, 1> byte{};
  if (!memory.read(address, byte)) return false;
  byte[0] &= ~static_cast<std::byte>(flags::trap >> 8);
  return memory.write(address, byte);
}

}  // namespace

std::uint64_t enter_copy(const Relocated& copy, GeneralRegs& regs) {
  regs.rip = copy.to.value;
  if (!copy.spare) return 0;
  // The displacement counts from the end of the original.
  return exchange_field(regs, *copy.spare, copy.from.value + copy.length);
}

bool leave_copy(const Relocated& copy, std::uint64_t saved_spare, GeneralRegs& regs, MemoryAccess& memory) {
  if (copy.spare) exchange_field(regs, *copy.spare, saved_spare);
  if (regs.rip == copy.to.value) {
    regs.rip = copy.from.value;
    return true;
  }
  regs.rip = mended_pc(copy, regs.rip);
  const std::uint64_t after_copy = copy.to.value + copy.copy_length;
  if (copy.is_syscall && regs.rcx == after_copy) regs.rcx = copy.from.value + copy.length;
  if (copy.is_call) return mend_return_address(copy, regs, memory);
  return !copy.is_push_flags || clear_pushed_trap_flag(regs, memory);
}

}  // namespace cotrace::arch::x86_64
