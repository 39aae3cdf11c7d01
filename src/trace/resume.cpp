#include "trace/resume.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <unistd.h>
#include <utility>

#include "trace/hardware.h"
#include "trace/passage.h"
#include "trace/ptrace_options.h"
#include "trace/release.h"
#include "trace/report.h"
#include "trace/step_flags.h"

namespace cotrace::trace {

namespace native = arch::native;

namespace {

struct Wish {
  bool step{false};
  bool block{false};
  bool syscalls{false};
};

Wish fold_wishes(const Task& task) {
  Wish wish;
  for (const auto& attachment : task.attachments) {
    if (attachment.engine == nullptr) continue;
    wish.step = wish.step || attachment.wish == ResumeAction::single_step;
    wish.block = wish.block || attachment.wish == ResumeAction::block_step;
    wish.syscalls = wish.syscalls || attachment.events.has(EventKind::syscall_entry) ||
                    attachment.events.has(EventKind::syscall_exit);
  }
  // An aborted call gets its result at its exit.
  wish.syscalls = wish.syscalls || task.aborted_result.has_value();
  if (wish.step) wish.block = false;
  return wish;
}

// The engines that took back having seen the hit at this pc hear of it again, instead of a run that would hit
// it at once.
bool report_rehits(World& world, Task& task, Addr pc) {
  Site* site = task.space->sites.find(pc);
  bool any = false;
  for (auto& attachment : task.attachments) {
    if (!attachment.rehit) continue;
    const bool owns =
        site != nullptr && task.hit_at == pc && attachment.engine != nullptr &&
        std::ranges::any_of(site->owners, [&](const Owner& o) { return o.engine == attachment.engine; });
    if (owns) {
      any = true;
    } else {
      attachment.rehit = false;
    }
  }
  if (!any) return false;
  for (Engine* engine : engines_of(task)) {
    Attachment* attachment = task.find(*engine);
    if (attachment == nullptr || !attachment->rehit) continue;
    attachment->rehit = false;
    event::BreakpointHit hit{pc, {}, false};
    if (Site* still = task.space->sites.find(pc)) {
      for (const Owner& owner : still->owners) {
        if (owner.engine == engine) hit.points.push_back(owner.point);
      }
    }
    tell(world, task, *engine, hit);
  }
  return true;
}

bool any_rehit(const Task& task) {
  return std::ranges::any_of(task.attachments, [](const Attachment& a) { return a.rehit; });
}

// A signal that nobody sent: given with the resume where the stop allows that, else sent to the task.
int place_injection(Task& task, int folded) {
  const int wanted = std::exchange(task.inject, 0);
  if (wanted == 0) return folded;
  if (task.can_inject && folded == 0) return wanted;
  task.injected.push_back(wanted);
  if (!sys::send_signal(task.group->pid, task.id.tid, wanted)) task.injected.pop_back();
  return folded;
}

// The next instruction is a system call that somebody traces, so that a single step would run through it
// unreported.
bool at_system_call(Task& task) {
  auto regs = regs_of(task);
  if (!regs) return false;
  std::array<std::byte, native::longest_instruction> code{};
  auto got = task.space->read(Addr{(*regs)->rip}, code);
  if (!got) return false;
  auto instruction = native::decode(native::mode_of(**regs), std::span(code).first(*got));
  return instruction && instruction->kind == native::Instruction::Kind::system_call;
}

// After everything that may keep it standing has been settled.
void run_as_wished(World& world, Task& task) {
  const Wish wish = fold_wishes(task);
  const SignalOutcome outcome = fold_signal(task);
  if (outcome.replacement && task.stopped) (void)task.stopped->set_siginfo(*outcome.replacement);
  const int signal = place_injection(task, outcome.signal);
  auto how = sys::Run::cont;
  if (task.job_stopped) {
    how = sys::Run::listen;
  } else if (wish.step || wish.block) {
    const bool through_syscall = wish.syscalls && (task.in_syscall_stop || at_system_call(task));
    if (through_syscall) {
      how = sys::Run::syscall;
      task.step_over_syscall = true;
    } else {
      how = wish.step ? sys::Run::single_step : sys::Run::block_step;
      task.stepping = true;
      remember_step(task);
    }
  } else if (wish.syscalls) {
    how = sys::Run::syscall;
  }
  if (signal == SIGTRAP && how != sys::Run::listen) {
    // The program's own handler for SIGTRAP would run with SIGTRAP blocked, and a trap that is raised while
    // it is blocked makes the kernel reset the handler (force_sig_info_to_task, Linux 2.6 to 6.18): one
    // breakpoint or step in the handler would kill the program. So the task is stopped at the handler's first
    // instruction, and the signal unblocked there. sigreturn brings the mask back. Test: odd_steps stepped
    // whole.
    task.entering_trap_handler = true;
    how = sys::Run::single_step;
  }
  run(world, task, how, signal);
}

// The signal that waited while the task was on its way past a site. False if it is now for the engines to say
// what becomes of it.
bool take_deferred(World& world, Task& task) {
  const DeferredSignal deferred = *std::exchange(task.deferred, std::nullopt);
  task.signal = deferred.info;
  if (task.stopped) (void)task.stopped->set_siginfo(deferred.info);
  if (deferred.reported) return true;
  tell_masked(world, task, EventKind::signal, event::Signal{deferred.info});
  resume_later(world, task);
  return false;
}

// After a passage has begun, or is over already. True if the task may run on from where it stands now.
bool go_on_after(World& world, Task& task, Pass pass, const Wish& wish) {
  if (pass != Pass::emulated) return false;
  task.hit_at.reset();
  if (!wish.step && !wish.block) return true;
  // The step is done without the task having run.
  ++task.generation;
  for (auto& attachment : task.attachments) attachment.trapped = false;
  tell_step_done(world, task);
  tell_quiesced(world, task);
  resume_later(world, task);
  return false;
}

// The instruction that an engine wants stepped where the task stands; empty if there is none. In the middle
// of a system call there is none: a step ends with the call's return, and no instruction is carried out
// (gdb.base/step-over-syscall.exp).
std::vector<std::byte> given_instruction(Task& task) {
  if (task.in_call || task.in_exec || task.syscall_entered) return {};
  for (const auto& attachment : task.attachments) {
    if (attachment.engine == nullptr || !attachment.instruction) continue;
    if (attachment.wish != ResumeAction::single_step) continue;
    auto regs = regs_of(task);
    if (regs && Addr{(*regs)->rip} == attachment.instruction->at) return attachment.instruction->code;
  }
  return {};
}

// Past the site at pc, if its hit has been told, or through the instruction that is to be carried out instead
// of the one at pc. True if the task may run on from where it stands now.
bool pass_site(World& world, Task& task) {
  const Wish wish = fold_wishes(task);
  if (const auto given = given_instruction(task); !given.empty()) {
    // A signal waits: its handler would come back to the memory, which has something else there.
    const SignalOutcome outcome = fold_signal(task);
    if (outcome.signal != 0 && !task.deferred)
      task.deferred = DeferredSignal{outcome.replacement.value_or(*task.signal), true};
    return go_on_after(world, task, carry_out(world, task, given), wish);
  }
  if (!task.hit_at) return true;
  auto regs = regs_of(task);
  if (!regs) return false;
  const Addr pc{(*regs)->rip};
  if (*task.hit_at != pc || task.space->sites.find(pc) == nullptr) {
    task.hit_at.reset();
    return true;
  }
  // A signal goes first: its handler runs before the instruction under the site, and comes back to the site
  // (gdb counts on that, and has a breakpoint of its own there; gdb.base/bp-permanent.exp).
  if (task.can_inject && (task.inject != 0 || fold_signal(task).signal != 0)) {
    task.hit_at.reset();
    return true;
  }
  return go_on_after(world, task, begin_passage(world, task), wish);
}

// The stop is over: forgets what belonged to it.
void set_running(World& world, Task& task, sys::Run how) {
  task.signal.reset();
  task.can_inject = false;
  task.in_syscall_stop = false;
  task.in_call = false;
  if (how != sys::Run::single_step && how != sys::Run::block_step) task.stepping = task.in_exec = false;
  for (auto& attachment : task.attachments) {
    attachment.signal.reset();
    attachment.trapped = false;
  }
  if (std::exchange(task.vfork_event, false)) {
    // It sleeps in the kernel now and cannot be stopped; its registers stay those of this stop.
    world.set_state(task, TaskState::in_vfork);
    return;
  }
  if (task.exiting) {
    // Past its last instruction. A leader stays so until its threads are gone too, and never stops again.
    world.set_state(task, TaskState::gone);
    return;
  }
  world.set_state(task, how == sys::Run::listen ? TaskState::listening : TaskState::running);
  task.regs.reset();
  task.xstate.reset();
  // Asked to stop again as soon as possible, or asked while it was not yet running.
  for (const auto& attachment : task.attachments) {
    if (attachment.engine != nullptr && attachment.quiesce) request_interrupt(task);
  }
}

void prune(Task& task) {
  if (task.reporting != 0) return;
  std::erase_if(task.attachments,
                [&](const Attachment& a) { return a.engine == nullptr && !(task.signal && a.signal); });
}

}  // namespace

void resume_later(World& world, Task& task) {
  world.defer([&world, id = task.id] {
    if (Task* still = world.find(id)) resume_if_free(world, *still);
  });
}

bool run(World& world, Task& task, sys::Run how, int signal) {
  if (!task.stopped) return false;
  task.space->lift_stale();
  refresh_options(task);
  bool alive = apply_hardware(task).has_value() && flush_registers(task).has_value();
  // Killed meanwhile: its death comes, and to wait for that it counts as running.
  set_running(world, task, how);
  auto stopped = std::move(*task.stopped);
  task.stopped.reset();
  alive = alive && std::move(stopped).resume(how, signal).has_value();
  return alive;
}

void request_interrupt(Task& task) {
  // A stop that comes by itself will do; and an interrupt would overtake the pending trap once more.
  if (task.interrupted || task.dead || task.newborn || task.fetching_trap) return;
  if (task.state != TaskState::running && task.state != TaskState::listening) return;
  task.interrupted = true;
  // Gone: the death is on its way.
  (void)sys::interrupt(task.id.tid);
}

void resume_if_free(World& world, Task& task) {
  if (task.dead || !task.stopped || !stands(task) || task.reporting != 0 || task.passage) return;
  prune(task);
  if (!needed(task)) {
    release(world, task);
    return;
  }
  if (task.held()) return;
  AddressSpace& space = *task.space;
  if (space.exclusive != nullptr && space.exclusive != &task) {
    continue_exclusive(world, space);
    return;
  }
  if (task.deferred && task.can_inject && !task.signal && !take_deferred(world, task)) return;
  if (any_rehit(task)) {
    // The report must not come from within the engine's own call.
    world.defer([&world, id = task.id] {
      Task* still = world.find(id);
      if (still == nullptr || !still->stopped || still->held()) return;
      auto regs = regs_of(*still);
      if (regs) report_rehits(world, *still, Addr{(*regs)->rip});
      resume_if_free(world, *still);
    });
    return;
  }
  // A group-stopped task does not run at all.
  if (!task.job_stopped && !pass_site(world, task)) return;
  give_up_exclusive(world, task);
  run_as_wished(world, task);
}

}  // namespace cotrace::trace
