#include "trace/step_flags.h"

#include <array>
#include <span>

#include "trace/resume.h"

namespace cotrace::trace {

namespace native = arch::native;

namespace {

constexpr std::uint64_t trap_flag = 0x100;  // EFLAGS.TF

std::optional<native::Instruction> stepped_instruction(Task& task, const native::GeneralRegs& regs) {
  if (!task.stepped_code.empty()) return native::decode(native::mode_of(regs), task.stepped_code);
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

}  // namespace

void remember_step(Task& task, std::span<const std::byte> given) {
  task.stepped_code.assign(given.begin(), given.end());
  auto regs = regs_of(task);
  if (!regs) return;
  task.stepped_from = Addr{(*regs)->rip};
  task.stepped_from_sp = (*regs)->rsp;
  task.stepped_from_flags = (*regs)->eflags;
}

void mend_flags(Task& task) {
  auto regs = regs_of(task);
  if (!regs) return;
  mend_pushed_flags(task, **regs);
  mend_shown_trap_flag(task, **regs);
}

bool stepped_itself(const Task& task) {
  return (task.stepped_from_flags & trap_flag) != 0;
}

}  // namespace cotrace::trace
