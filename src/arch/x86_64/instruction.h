// Instructions: how long they are, and how one is carried out elsewhere or not at all.
//
// A thread passes a breakpoint site in one of two ways that do not let other threads past it: the instruction under the
// site is emulated, or a relocated copy of it is stepped in scratch memory (gdb: "displaced stepping").
#pragma once

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "arch/x86_64/registers.h"

namespace cotrace::arch::x86_64 {

inline constexpr std::size_t longest_instruction = 15;  // Intel SDM vol. 2, 2.3.11
inline constexpr std::byte breakpoint_instruction{0xcc};  // int3: traps with pc one past it
inline constexpr std::size_t scratch_slot_size = 32;

// What a tracer must know of an instruction before it steps it.
struct Instruction {
  std::uint8_t length{0};
  enum class Kind : std::uint8_t {
    other,
    system_call,    // syscall, sysenter, int 0x80
    breakpoint,     // int3, int1, int 3: the program's own
    push_flags,     // pushf: stores the trap flag that stepping sets
    pop_flags,      // popf, iret: may clear the trap flag
    repeated,       // rep string operation: one step is one iteration
    branch,         // any change of control flow
    move_ss,        // mov ss / pop ss: holds off the trap for one instruction
  } kind{Kind::other};
};
// Nothing if the bytes are no instruction or end in the middle of one.
std::optional<Instruction> decode(Mode mode, std::span<const std::byte> code);

// Memory as emulation needs it: data of the program, breakpoint bytes hidden.
class MemoryAccess {
 public:
  virtual ~MemoryAccess() = default;
  virtual bool read(Addr address, std::span<std::byte> out) = 0;
  virtual bool write(Addr address, std::span<const std::byte> in) = 0;
};

// Carries the instruction at regs.rip out without running it, if it is one of the simple ones (nop, endbr, push, pop, mov and lea between
// registers and memory, add / sub / cmp / test / xor ... with flags, direct and indirect jmp / call / ret, jcc, leave). All or nothing: if it is
// not, or an access fails, nothing is changed and the answer is false (the processor itself shall then report the fault).
bool emulate(Mode mode, GeneralRegs& regs, std::span<const std::byte> code, MemoryAccess& memory);

// A copy that does the same from another place, and what to mend after it has run there.
struct Relocated {
  std::array<std::byte, scratch_slot_size> code{};
  std::uint8_t code_size{0};     // bytes used, the trailing breakpoint included
  std::uint8_t length{0};        // of the original instruction
  std::uint8_t copy_length{0};   // of the copy
  Addr from, to;
  bool pc_absolute{false};    // it sets pc itself (indirect jmp, ret, call through a register, sigreturn): do not mend pc
  bool is_call{false};        // the return address it pushes must become from + length
  bool is_push_flags{false};  // clear the trap flag in what it pushed
  // RIP-relative operands use a spare register instead: its number in user_regs_struct order, its value before.
  std::optional<std::uint8_t> spare;
};
// Nothing if it can only be stepped in place.
std::optional<Relocated> relocate(Mode mode, Addr from, Addr to, std::span<const std::byte> code);
// Sets the registers up for the copy: pc, the spare register. Returns the spare's saved value.
std::uint64_t enter_copy(const Relocated& copy, GeneralRegs& regs);
// After the copy: if pc shows that it has run (or jumped), mends pc, return address and spare register; if it has not run (pc at
// `to`, a fault or signal came first) puts pc back to `from`. False if memory could not be mended.
bool leave_copy(const Relocated& copy, std::uint64_t saved_spare, GeneralRegs& regs, MemoryAccess& memory);

}  // namespace cotrace::arch::x86_64
