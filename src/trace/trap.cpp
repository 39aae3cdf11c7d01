#include "trace/trap.h"

#include <csignal>
#include <utility>

#include "trace/hardware.h"
#include "trace/points.h"
#include "trace/report.h"
#include "trace/step_flags.h"

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
    if (stepped_itself(task) && info.si_code == TRAP_TRACE) return fired;
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
