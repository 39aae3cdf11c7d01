#include "trace/settle.h"

#include <algorithm>
#include <csignal>
#include <unistd.h>

#include "linux/pending_signals.h"
#include "linux/signals.h"
#include "trace/birth.h"
#include "trace/hardware.h"
#include "trace/passage.h"
#include "trace/release.h"
#include "trace/report.h"
#include "trace/resume.h"
#include "trace/trap.h"

namespace cotrace::trace {

namespace {

// The siginfo codes of traps that the kernel raises are positive; who sends SIGTRAP by kill(2) or sigqueue(3)
// has none.
bool kernel_made(const SigInfo& info) {
  return info.si_code > 0;
}

// At the first instruction of a handler for SIGTRAP, see run_as_wished().
bool unblock_traps(Task& task) {
  if (!task.stopped) return false;
  auto mask = task.stopped->signal_mask();
  if (!mask) return false;
  return sys::replace_signal_mask(*task.stopped, sys::SigSet(*mask).without(SIGTRAP).bits()).has_value();
}

void settle_signal(World& world, Task& task, const SigInfo& info) {
  task.signal = info;
  if (take_injected(task, info)) return;
  tell_masked(world, task, EventKind::signal, event::Signal{info});
}

void on(World& world, Task& task, const stop::SignalDelivery& stop) {
  task.can_inject = true;
  const bool trap = stop.info.si_signo == SIGTRAP && kernel_made(stop.info);
  if (std::exchange(task.entering_trap_handler, false) && trap && unblock_traps(task)) {
    tell_step_done(world, task);
    finish_stop(world, task);
    return;
  }
  if (task.passage) {
    if (!trap) {
      if (defer_signal(world, task, stop.info)) return;
    } else if (const bool own_int3 = task.passage->in_place && stop.info.si_code == SI_KERNEL; own_int3) {
      // The instruction under the site was the program's own breakpoint.
      end_passage(world, task);
      settle_signal(world, task, stop.info);
      finish_stop(world, task);
      return;
    } else if (repeat_passage(world, task)) {
      return;
    } else if (end_passage(world, task) || stop.info.si_code == TRAP_TRACE) {
      tell_hardware_hits(world, task);
      tell_step_done(world, task);
      finish_stop(world, task);
      return;
    }
  }
  if (!trap || !settle_trap(world, task, stop.info)) settle_signal(world, task, stop.info);
  finish_stop(world, task);
}

void on(World& world, Task& task, const stop::Group& stop) {
  task.interrupted = false;
  task.freshly_seized = false;
  if (task.passage) end_passage(world, task);
  if (!std::exchange(task.job_stopped, true)) {
    tell_masked(world, task, EventKind::job_control, event::JobControl{true, stop.signal});
  }
  finish_stop(world, task);
}

void on(World& world, Task& task, const stop::EventStop&) {
  task.interrupted = false;
  const bool goes_on = std::exchange(task.job_stopped, false);
  // What the task has already done must be told before anybody looks at where it stands: its pc may be one
  // past a site.
  if (fetch_pending_trap(world, task) || (!goes_on && fetch_pending_signal(world, task))) return;
  if (task.passage) end_passage(world, task);
  if (goes_on) tell_masked(world, task, EventKind::job_control, event::JobControl{false, SIGCONT});
  finish_stop(world, task);
}

void on(World& world, Task& task, const stop::SyscallEntry& stop) {
  task.in_syscall_stop = true;
  task.syscall_number = stop.number;
  task.syscall_entered = true;
  if (task.passage) end_passage(world, task);
  task.aborted_result.reset();
  tell_masked(world, task, EventKind::syscall_entry, event::SyscallEntry{stop.number, stop.args, stop.compat},
              Order::reverse);
  if (task.dead) return;
  if (task.aborted_result) {
    if (auto regs = regs_of(task)) {
      // -1 is no system call: the kernel does nothing and the exit stop comes all the same (ptrace(2)).
      (*regs)->orig_rax = ~std::uint64_t{0};
      task.regs_dirty = true;
    }
  }
  finish_stop(world, task);
}

void on(World& world, Task& task, const stop::SyscallExit& stop) {
  task.in_syscall_stop = true;
  auto result = stop.result;
  if (!std::exchange(task.syscall_entered, false)) {
    // Traced since the middle of it.
    if (auto regs = regs_of(task)) task.syscall_number = (*regs)->orig_rax;
  }
  if (auto aborted = std::exchange(task.aborted_result, std::nullopt)) {
    result = *aborted;
    if (auto regs = regs_of(task)) {
      (*regs)->rax = static_cast<std::uint64_t>(result);
      task.regs_dirty = true;
    }
  }
  if (task.passage) end_passage(world, task);
  tell_masked(world, task, EventKind::syscall_exit,
              event::SyscallExit{task.syscall_number, result, stop.compat});
  if (task.dead) return;
  task.in_syscall_stop = false;
  if (std::exchange(task.step_over_syscall, false)) tell_step_done(world, task);
  finish_stop(world, task);
}

void on(World& world, Task& task, const stop::Clone& stop) {
  task.in_call = true;
  if (task.passage) end_passage(world, task);
  begin_birth(world, task, stop);
}

void on(World& world, Task& task, const stop::VforkDone& stop) {
  task.in_call = true;
  tell_masked(world, task, EventKind::vfork_done, event::VforkDone{stop.child});
  finish_stop(world, task);
}

void on(World& world, Task& task, const stop::Exit& stop) {
  task.exiting = true;
  // Killed in its job-control stop: no stop in between has said that it goes on, and PTRACE_LISTEN is refused
  // here (PriorWork.ASignalThatWaitsInAStoppedProcessIsToldOnceItGoesOn, one run in fifty).
  task.job_stopped = false;
  if (task.passage) end_passage(world, task);
  // Whoever held the task before it was killed did not ask to keep it from dying: no other thread stops here,
  // nor would this one if its process had only one
  // (Deaths.TheHeldLeaderOfAThreadedProcessDiesOfSigkill)
  for (auto& attachment : task.attachments) {
    if (attachment.engine == nullptr || attachment.events.has(EventKind::exiting)) continue;
    set_hold(world, task, attachment, false);
    attachment.quiesce = false;
  }
  tell_masked(world, task, EventKind::exiting, event::Exiting{exit_status_of(stop.status)});
  finish_stop(world, task);
}

void on(World& world, Task& task, const stop::Exec& stop) {
  settle_exec(world, task, stop.former);
  finish_stop(world, task);
}

void on(World& world, Task& task, const stop::Seccomp&) {
  finish_stop(world, task);
}

}  // namespace

bool take_injected(Task& task, const SigInfo& info) {
  // 0: the kernel's name for a sender that the receiver's pid namespace does not have.
  if (info.si_code != SI_TKILL || (info.si_pid != ::getpid() && info.si_pid != 0)) return false;
  auto it = std::ranges::find(task.injected, info.si_signo);
  if (it == task.injected.end()) return false;
  task.injected.erase(it);
  return true;
}

void settle(World& world, Task& task, const Stop& stop) {
  if (task.newborn) {
    settle_birth(world, task, stop);
    return;
  }
  std::visit([&](const auto& kind) { on(world, task, kind); }, stop);
}

void finish_stop(World& world, Task& task) {
  if (task.dead || !stands(task)) return;
  tell_quiesced(world, task);
  resume_if_free(world, task);
  if (!task.dead && task.space->exclusive != nullptr) continue_exclusive(world, *task.space);
}

}  // namespace cotrace::trace
