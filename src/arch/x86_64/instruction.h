// Instructions: how long they are, and how one is carried out elsewhere or not at all.
//
// A thread passes a breakpoint site in one of two ways that do not let other threads past it: the instruction
// under the site is emulated, or a relocated copy of it is stepped in scratch memory (gdb: "displaced
// stepping").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "arch/x86_64/registers.h"

namespace cotrace::arch::x86_64 {

inline constexpr std::size_t longest_instruction = 15;    // Intel SDM vol. 2, 2.3.11
inline constexpr std::byte breakpoint_instruction{0xcc};  // int3: traps with pc one past it
inline constexpr std::size_t scratch_slot_size = 32;

// What a tracer must know of an instruction before it steps it.
struct Instruction {
  std::uint8_t length{0};
  enum class Kind : std::uint8_t {
    other,
    system_call,  // syscall, sysenter, int 0x80
    breakpoint,   // int3, int1, int 3: the program's own
    push_flags,   // pushf: stores the trap flag that stepping sets
    // popf, iret: may change the trap flag. A kernel that steps one forgets that TF is its own: until the
    // next resume that is no step, TF shows in eflags and then stays (seen on 6.18). Clear it in the
    // registers before such a resume or a detach.
    pop_flags,
    repeated,  // rep string operation: one step is one iteration
    branch,    // any change of control flow
    move_ss,   // mov ss / pop ss: holds off the trap for one instruction
  } kind{Kind::other};
};
// Nothing if the bytes are no instruction or end in the middle of one.
std::optional<Instruction> decode(Mode mode, std::span<const std::byte> code);

// Memory as emulation needs it: data of the program, breakpoint bytes hidden.
//
// Other threads look at the same memory: a write of 1, 2, 4 or 8 aligned bytes should reach it as one store.
// A write that fails must have written nothing. Neither triggers the task's hardware watchpoints.
class MemoryAccess {
 public:
  virtual ~MemoryAccess() = default;
  virtual bool read(Addr address, std::span<std::byte> out) = 0;
  virtual bool write(Addr address, std::span<const std::byte> in) = 0;
};

// Carries the instruction at regs.rip out without running it, if it is one of the simple ones (nop, endbr,
// push, pop, mov and lea between registers and memory, add / sub / cmp / test / xor ... with flags, direct
// and indirect jmp / call / ret, jcc, leave). All or nothing: if it is not, or an access fails, nothing is
// changed and the answer is false (the processor itself shall then report the fault).
//
// Never emulated: anything while TF or AC is set in eflags, a locked or repeated instruction, a change of pc
// to outside of the lower canonical half, in 32-bit mode anything that needs a segment other than Linux's
// flat ones. Not to be used on a task with a shadow stack or with hardware watchpoints on data: neither would
// notice.
bool emulate(Mode mode, GeneralRegs& regs, std::span<const std::byte> code, MemoryAccess& memory);

// A copy that does the same from another place, and what to mend after it has run there.
//
// The copy is made to be single-stepped, once; the breakpoints behind it are a guard only. What leave_copy
// cannot know and the tracer must do itself:
//  - a signal that stops the task at `to` (before the copy, or a fault of it): leave_copy first, then
//  deliver, or the handler's
//    frame keeps the address of the copy. Its siginfo may name the copy's address as well (si_addr of SIGILL,
//    SIGFPE).
//  - clone, fork and vfork: the child starts with the registers of the copy (pc `to` + copy_length, and rcx
//  after syscall). It needs
//    leave_copy as well; there is no spare then.
//  - x87 instructions leave the copy's address as "last instruction pointer" (fioff).
struct Relocated {
  Mode mode{Mode::bits64};
  std::array<std::byte, scratch_slot_size> code{};
  std::uint8_t code_size{0};    // bytes used, the trailing breakpoint included
  std::uint8_t length{0};       // of the original instruction
  std::uint8_t copy_length{0};  // of the copy
  Addr from, to;
  bool pc_absolute{
      false};  // it sets pc itself (indirect jmp, ret, call through a register, sigreturn): do not mend pc
  bool is_call{false};        // the return address it pushes must become from + length
  bool is_push_flags{false};  // clear the trap flag in what it pushed
  bool is_syscall{false};     // the syscall instruction leaves the next pc in rcx as well
  // A relative branch: where it goes when taken. The copy goes to `to` + taken_offset instead, which is
  // inside of the slot, since the true distance from there may not be an address at all.
  std::optional<Addr> taken;
  std::uint8_t taken_offset{0};
  // RIP-relative operands use a spare register instead: its number in user_regs_struct order, its value
  // before.
  std::optional<std::uint8_t> spare;
};
// Nothing if it can only be stepped in place: no instruction; the program's own breakpoint; far branches and
// interrupt returns; transactions; mov ss and pop ss, whose step would run into the guard; sysenter, and
// syscall in 32-bit mode (the kernel returns to the vdso from these); branches with an operand-size prefix,
// which processors disagree about.
std::optional<Relocated> relocate(Mode mode, Addr from, Addr to, std::span<const std::byte> code);
// Sets the registers up for the copy: pc, the spare register. Returns the spare's saved value.
std::uint64_t enter_copy(const Relocated& copy, GeneralRegs& regs);
// After the copy: if pc shows that it has run (or jumped), mends pc, return address and spare register; if it
// has not run (pc at `to`, a fault or signal came first) puts pc back to `from`; the same where a string
// instruction has done one of its repetitions. False if memory could not be mended (the registers are,
// nevertheless).
bool leave_copy(const Relocated& copy, std::uint64_t saved_spare, GeneralRegs& regs, MemoryAccess& memory);

}  // namespace cotrace::arch::x86_64
