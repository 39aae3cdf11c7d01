#include "trace/passage.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include "linux/pending_signals.h"
#include "linux/signals.h"
#include "trace/resume.h"
#include "trace/settle.h"
#include "trace/step_flags.h"

namespace cotrace::trace {

namespace native = arch::native;

namespace {

// Memory for emulation: breakpoints hidden.
class SpaceMemory : public native::MemoryAccess {
 public:
  explicit SpaceMemory(AddressSpace& space) : space_(space) {}
  bool read(Addr address, std::span<std::byte> out) override {
    auto got = space_.read(address, out);
    return got && *got == out.size();
  }
  bool write(Addr address, std::span<const std::byte> in) override {
    return space_.write(address, in).has_value();
  }

 private:
  AddressSpace& space_;
};

// The last resort: in place, once all others of the address space stand. With `given`, that is put there for
// as long.
Pass pass_in_place(World& world, Task& task, std::span<const std::byte> given = {}) {
  AddressSpace& space = *task.space;
  if (space.exclusive != nullptr && space.exclusive != &task) return Pass::waiting;
  space.exclusive = &task;
  if (space.running != 0) {
    for (Task* other : space.tasks) {
      if (other != &task) request_interrupt(*other);
    }
    return Pass::waiting;
  }
  auto regs = regs_of(task);
  if (!regs) return Pass::gone;
  const Addr pc{(*regs)->rip};
  if (const Site* site = space.sites.find(pc)) space.uncover(*site);
  Passage passage;
  passage.in_place = true;
  passage.copy.from = passage.copy.to = pc;
  if (!given.empty()) {
    passage.replaced.resize(given.size());
    auto got = space.read_raw(pc, passage.replaced);
    passage.replaced.resize(got.value_or(0));
    (void)space.write_raw(pc, given.first(passage.replaced.size()));
  }
  remember_step(task, given);
  task.passage = std::move(passage);
  return run(world, task, sys::Run::single_step, 0) ? Pass::started : Pass::gone;
}

// What is to be carried out at the pc of a task.
struct Order {
  Addr pc;
  native::Mode mode{native::Mode::bits64};
  std::span<const std::byte> code;
  std::span<const std::byte> given;  // it and what follows, where it is not what the memory has there
};

Pass step_copy(World& world, Task& task, const Order& order, const native::Relocated& copy, bool in_slot,
               sys::Run how = sys::Run::single_step) {
  auto regs = regs_of(task);
  if (!regs) return Pass::gone;
  Passage passage;
  passage.copy = copy;
  passage.in_slot = in_slot;
  remember_step(task, order.given);
  passage.saved_spare = native::enter_copy(copy, **regs);
  task.regs_dirty = true;
  task.passage = std::move(passage);
  return run(world, task, how, 0) ? Pass::started : Pass::gone;
}

// A plain two-byte system-call instruction elsewhere does the same as this one.
Pass pass_system_call(World& world, Task& task, const Order& order) {
  const auto code = order.code;
  auto elsewhere = task.space->vdso_syscall(order.mode);
  if (!elsewhere) return pass_in_place(world, task, order.given);
  std::array<std::byte, 2> other{};
  auto got = task.space->read(*elsewhere, other);
  if (!got || *got != other.size() || code.size() < 2 || code[0] != other[0] || code[1] != other[1] ||
      task.space->sites.overlap(*elsewhere, other.size())) {
    return pass_in_place(world, task, order.given);
  }
  native::Relocated copy;
  copy.code_size = copy.length = copy.copy_length = 2;
  copy.from = order.pc;
  copy.to = *elsewhere;
  // A single step would run through it unreported; its stops are at its entry and its exit instead.
  const bool traced = task.wants(EventKind::syscall_entry) || task.wants(EventKind::syscall_exit);
  if (traced) task.step_over_syscall = true;
  return step_copy(world, task, order, copy, false, traced ? sys::Run::syscall : sys::Run::single_step);
}

Pass pass_copied(World& world, Task& task, const Order& order) {
  AddressSpace& space = *task.space;
  switch (space.take_slot(task)) {
    case AddressSpace::SlotAnswer::busy:
      return Pass::waiting;
    case AddressSpace::SlotAnswer::none:
      return pass_in_place(world, task, order.given);
    case AddressSpace::SlotAnswer::taken:
      break;
  }
  auto copy = native::relocate(order.mode, order.pc, space.slot_address(), order.code);
  if (!copy || !space.fill_slot(std::span(copy->code).first(copy->code_size))) {
    if (Task* next = space.give_slot_back(task)) resume_later(world, *next);
    return pass_in_place(world, task, order.given);
  }
  return step_copy(world, task, order, *copy, true);
}

Pass carry_out(World& world, Task& task, native::GeneralRegs& regs, Order order) {
  // Data watchpoints see what runs, not what is emulated.
  if (!task.space->debug.any()) {
    SpaceMemory memory(*task.space);
    auto changed = regs;
    if (native::emulate(order.mode, changed, order.code, memory)) {
      regs = changed;
      task.regs_dirty = true;
      return Pass::emulated;
    }
  }
  auto instruction = native::decode(order.mode, order.code);
  if (!instruction || instruction->kind == native::Instruction::Kind::breakpoint)
    return pass_in_place(world, task, order.given);
  if (instruction->kind == native::Instruction::Kind::system_call)
    return pass_system_call(world, task, order);
  order.code = order.code.first(instruction->length);
  return pass_copied(world, task, order);
}

}  // namespace

void continue_exclusive(World& world, AddressSpace& space) {
  Task* task = space.exclusive;
  if (task == nullptr || space.running != 0 || task->passage) return;
  resume_if_free(world, *task);
}

Pass begin_passage(World& world, Task& task) {
  if (task.space->exclusive == &task) return pass_in_place(world, task);
  auto regs = regs_of(task);
  if (!regs) return Pass::gone;
  const Addr pc{(*regs)->rip};
  std::array<std::byte, native::longest_instruction> buffer{};
  auto got = task.space->read(pc, buffer);
  if (!got) return Pass::gone;
  return carry_out(world, task, **regs, {pc, native::mode_of(**regs), std::span(buffer).first(*got), {}});
}

Pass carry_out(World& world, Task& task, std::span<const std::byte> code) {
  if (task.space->exclusive == &task) return pass_in_place(world, task, code);
  auto regs = regs_of(task);
  if (!regs) return Pass::gone;
  const auto longest = code.first(std::min(code.size(), native::longest_instruction));
  return carry_out(world, task, **regs, {Addr{(*regs)->rip}, native::mode_of(**regs), longest, code});
}

void give_up_exclusive(World& world, Task& task) {
  AddressSpace& space = *task.space;
  if (space.exclusive != &task) return;
  space.exclusive = nullptr;
  for (Task* other : space.tasks) {
    if (other != &task) resume_later(world, *other);
  }
}

bool end_passage(World& world, Task& task) {
  const Passage passage = std::move(*task.passage);
  task.passage.reset();
  AddressSpace& space = *task.space;
  auto regs = regs_of(task);
  bool carried_out = false;
  if (regs) {
    carried_out = Addr{(*regs)->rip} != passage.copy.to;
    if (!passage.in_place) {
      if (carried_out && !passage.in_slot) {
        task.child_pc =
            std::pair{passage.copy.to + passage.copy.copy_length, passage.copy.from + passage.copy.length};
      }
      SpaceMemory memory(space);
      (void)native::leave_copy(passage.copy, passage.saved_spare, **regs, memory);
      task.regs_dirty = true;
    }
  }
  if (carried_out) {
    task.hit_at.reset();
    mend_flags(task);
  }
  if (passage.masked && task.stopped) (void)sys::replace_signal_mask(*task.stopped, passage.saved_mask);
  if (passage.in_slot) {
    if (Task* next = space.give_slot_back(task)) resume_later(world, *next);
  }
  if (passage.in_place) {
    if (!passage.replaced.empty()) (void)space.write_raw(passage.copy.from, passage.replaced);
    if (const Site* site = space.sites.find(passage.copy.from)) space.cover(*site);
    space.exclusive = nullptr;
    for (Task* other : space.tasks) resume_later(world, *other);
  }
  return carried_out;
}

bool repeat_passage(World& world, Task& task) {
  auto regs = regs_of(task);
  if (!regs || Addr{(*regs)->rip} != task.passage->copy.to) return false;
  for (const auto& attachment : task.attachments) {
    if (attachment.holds || attachment.quiesce || attachment.wish != ResumeAction::resume) return false;
  }
  return run(world, task, sys::Run::single_step, 0);
}

bool defer_signal(World& world, Task& task, const SigInfo& info) {
  // The signals that an instruction itself raises. Blocking them would kill the program (kernel: a forced
  // signal that is blocked gets its default action), and they cannot wait: the instruction has not been
  // carried out.
  static constexpr sys::SigSet own_faults{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
  const bool fault = own_faults.has(info.si_signo) && info.si_code > 0;
  if (fault || task.deferred || !task.stopped) {
    end_passage(world, task);
    return false;
  }
  auto before = sys::replace_signal_mask(*task.stopped, ~own_faults.bits());
  if (!before) {
    end_passage(world, task);
    return false;
  }
  task.deferred = DeferredSignal{info, take_injected(task, info)};
  task.passage->masked = true;
  task.passage->saved_mask = *before;
  run(world, task, sys::Run::single_step, 0);
  return true;
}

}  // namespace cotrace::trace
