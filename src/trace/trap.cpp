#include "trace/trap.h"

#include <array>
#include <csignal>
#include <optional>
#include <utility>

#include "trace/hardware.h"
#include "trace/points.h"
#include "trace/report.h"

namespace cotrace::trace {

namespace native = arch::native;

namespace {

// What the program itself has at an address, and whether it is its own int3. `int3` is one byte, `int $3`
// two.
bool own_breakpoint_before(Task& task, Addr pc) {
  std::array<std::byte, 2> code{};
  auto got = task.space->read(pc - 2, code);
  if (!got || *got != code.size()) {
    got = task.space->read(pc - 1, std::span(code).last(1));
    if (!got) return true;
  }
  return code[1] == native::breakpoint_instruction ||
         (code[0] == std::byte{0xcd} && code[1] == std::byte{0x03});
}

// int3 (x86: SI_KERNEL, with pc one past it).
bool settle_breakpoint(World& world, Task& task) {
  auto regs = regs_of(task);
  if (!regs) return true;
  const Addr site{(*regs)->rip - 1};
  if (task.space->sites.find(site) != nullptr) {
    (*regs)->rip = site.value;
    task.regs_dirty = true;
    task.hit_at = site;
    tell_hit(world, task, site);
    return true;
  }
  if (own_breakpoint_before(task, Addr{(*regs)->rip})) return false;
  // It ran into a site that was lifted before this stop was looked at: nobody's any more, and the instruction
  // is still to be run.
  (*regs)->rip = site.value;
  task.regs_dirty = true;
  return true;
}

constexpr std::uint64_t trap_flag = 0x100;  // EFLAGS.TF

std::optional<native::Instruction> stepped_instruction(Task& task, const native::GeneralRegs& regs) {
  std::array<std::byte, native::longest_instruction> buffer{};
  auto got = task.space->read(task.stepped_from, buffer);
  if (!got) return std::nullopt;
  return native::decode(native::mode_of(regs), std::span(buffer).first(*got));
}

// The processor stores the trap flag that single-stepping sets when pushf is stepped; the program must not
// find it there. Only an instruction that has moved the stack pointer by the size of the flags can be one: no
// other step pays for the look.
void mend_pushed_flags(Task& task, const native::GeneralRegs& regs) {
  const std::uint64_t pushed = task.stepped_from_sp - regs.rsp;
  if (pushed != 8 && pushed != 4 && pushed != 2) return;
  auto instruction = stepped_instruction(task, regs);
  if (!instruction || instruction->kind != native::Instruction::Kind::push_flags) return;
  std::byte second{};
  const Addr where{regs.rsp + 1};
  if (!task.space->read(where, {&second, 1})) return;
  second &= ~std::byte{trap_flag >> 8};
  (void)task.space->write(where, {&second, 1});
}

// After a popf has been stepped, the kernel takes the trap flag that it sets for each further step for the
// program's own (seen with Linux 6.18): it shows in the flags, and would stay set when the task is let go, a
// stray SIGTRAP. It is the program's own if it was there before, or if the instruction was one that brings
// it: popf with the flag in what it popped, or sigreturn.
void mend_shown_trap_flag(Task& task, native::GeneralRegs& regs) {
  using Kind = native::Instruction::Kind;
  if ((regs.eflags & trap_flag) == 0 || (task.stepped_from_flags & trap_flag) != 0) return;
  auto instruction = stepped_instruction(task, regs);
  if (instruction && instruction->kind == Kind::system_call) return;
  if (instruction && instruction->kind == Kind::pop_flags) {
    std::byte second{};
    if (!task.space->read(Addr{task.stepped_from_sp + 1}, {&second, 1})) return;
    if ((second & std::byte{trap_flag >> 8}) != std::byte{0}) return;
  }
  regs.eflags &= ~trap_flag;
  task.regs_dirty = true;
}

void mend_flags(Task& task) {
  auto regs = regs_of(task);
  if (!regs) return;
  mend_pushed_flags(task, **regs);
  mend_shown_trap_flag(task, **regs);
}

bool is_step_code(int code) {
  // TRAP_TRACE: an instruction. TRAP_BRKPT: the step of a system call, reported at its exit. SIGTRAP as code:
  // the kernel has just set up a signal handler's frame under PTRACE_SINGLESTEP (ptrace_notify).
  return code == TRAP_TRACE || code == TRAP_BRKPT || code == SIGTRAP;
}

}  // namespace

bool settle_trap(World& world, Task& task, const SigInfo& info) {
  if (info.si_code == SI_KERNEL) return settle_breakpoint(world, task);
  // A data breakpoint and a step may be done by one instruction: the code tells the step alone, DR6 both.
  const bool fired = tell_hardware_hits(world, task);
  if (task.dead) return true;
  if (task.stepping && is_step_code(info.si_code)) {
    // The program was stepping itself: the trap is its own as well, and its handler comes before our next
    // step.
    if ((task.stepped_from_flags & trap_flag) != 0 && info.si_code == TRAP_TRACE) return fired;
    // The step from an exec ends with the return of the system call, before the program's first instruction.
    if (std::exchange(task.in_exec, false) && info.si_code == TRAP_BRKPT) return true;
    mend_flags(task);
    tell_step_done(world, task);
    return true;
  }
  // A debug register that was given up while the trap was on its way.
  return fired || info.si_code == TRAP_HWBKPT;
}

}  // namespace cotrace::trace
