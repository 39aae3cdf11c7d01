#include "trace/report.h"

#include <algorithm>
#include <exception>
#include <ranges>
#include <spdlog/spdlog.h>
#include <utility>

#include "trace/release.h"
#include "trace/resume.h"

namespace cotrace::trace {

namespace {

// What a verdict says of a system call counts at that call's stops alone.
void apply_syscall(Task& task, const Event& event, const Verdict& verdict) {
  if (std::holds_alternative<event::SyscallEntry>(event) && verdict.syscall && verdict.syscall->abort)
    task.aborted_result = verdict.syscall->result;
  if (!std::holds_alternative<event::SyscallExit>(event) || !verdict.syscall_result) return;
  if (auto regs = regs_of(task)) {
    (*regs)->rax = static_cast<std::uint64_t>(*verdict.syscall_result);
    task.regs_dirty = true;
  }
}

void apply(World& world, Task& task, Engine& engine, const Event& event, const Verdict& verdict) {
  Attachment* attachment = task.find(engine);
  if (attachment == nullptr) return;
  if (verdict.signal) attachment->signal = verdict.signal;
  apply_syscall(task, event, verdict);
  set_hold(world, task, *attachment, verdict.action == ResumeAction::stop);
  attachment->wish = ResumeAction::resume;
  switch (verdict.action) {
    case ResumeAction::stop:
      attachment->quiesce = false;
      break;
    case ResumeAction::interrupt:
    case ResumeAction::report:
      attachment->quiesce = true;
      break;
    case ResumeAction::single_step:
    case ResumeAction::block_step:
      attachment->wish = verdict.action;
      break;
    case ResumeAction::resume:
      break;
    case ResumeAction::detach:
      detach_engine(world, task, engine);
      break;
  }
}

// A stranger's engine that throws must not take the others with it.
std::optional<Verdict> ask(Engine& engine, TaskId id, const Event& event) {
  try {
    return engine.on_event(id, event);
  } catch (const std::exception& error) {
    spdlog::error("an engine failed on task {} and is detached from it: {}", id.tid.value, error.what());
  } catch (...) {
    spdlog::error("an engine failed on task {} and is detached from it", id.tid.value);
  }
  return std::nullopt;
}

}  // namespace

namespace {

std::string name_of(const Engine& engine) {
  try {
    return engine.name();
  } catch (...) {
    return "engine";  // a stranger's, as in ask()
  }
}

}  // namespace

void set_hold(World& world, Task& task, Attachment& attachment, bool hold) {
  if (std::exchange(attachment.holds, hold) == hold || !task.wants(EventKind::hold)) return;
  world.defer([&world, id = task.id, by = attachment.engine,
               notice = event::HoldChanged{name_of(*attachment.engine), hold}] {
    Task* still = world.find(id);
    if (still == nullptr) return;
    for (Engine* engine : engines_of(*still)) {
      const Attachment* other = still->find(*engine);
      if (engine != by && other != nullptr && other->events.has(EventKind::hold))
        (void)ask(*engine, id, notice);
    }
  });
}

bool condition_holds(const std::shared_ptr<Condition>& condition, TaskId id) {
  if (!condition || !*condition) return true;
  try {
    return (*condition)(id);
  } catch (const std::exception& error) {
    spdlog::error("a breakpoint's condition failed on task {}: {}", id.tid.value, error.what());
  } catch (...) {
    spdlog::error("a breakpoint's condition failed on task {}", id.tid.value);
  }
  return true;
}

std::vector<Engine*> engines_of(const Task& task) {
  std::vector<Engine*> out;
  for (const auto& attachment : task.attachments) {
    if (attachment.engine != nullptr) out.push_back(attachment.engine);
  }
  return out;
}

void tell(World& world, Task& task, Engine& engine, const Event& event) {
  if (task.find(engine) == nullptr) return;
  ++task.reporting;
  const auto verdict = ask(engine, task.id, event);
  --task.reporting;
  if (task.dead) return;
  if (verdict) {
    apply(world, task, engine, event, *verdict);
  } else {
    detach_engine(world, task, engine);
  }
}

void tell_masked(World& world, Task& task, EventKind kind, const Event& event, Order order) {
  // The common case, nobody wants it, must cost nothing.
  if (!task.wants(kind)) return;
  auto engines = engines_of(task);
  if (order == Order::reverse) std::ranges::reverse(engines);
  for (Engine* engine : engines) {
    const Attachment* attachment = task.find(*engine);
    if (attachment != nullptr && attachment->events.has(kind)) tell(world, task, *engine, event);
  }
}

bool tell_trap(World& world, Task& task, Engine& engine, const Event& event) {
  Attachment* attachment = task.find(engine);
  if (attachment == nullptr || attachment->trapped) return false;
  attachment->trapped = true;
  tell(world, task, engine, event);
  return true;
}

void tell_step_done(World& world, Task& task) {
  for (Engine* engine : engines_of(task)) {
    Attachment* attachment = task.find(*engine);
    if (attachment == nullptr) continue;
    if (attachment->wish != ResumeAction::single_step && attachment->wish != ResumeAction::block_step)
      continue;
    attachment->instruction.reset();
    tell_trap(world, task, *engine, event::StepDone{});
  }
}

void tell_quiesced(World& world, Task& task) {
  if (!stands(task)) return;
  for (Engine* engine : engines_of(task)) {
    Attachment* attachment = task.find(*engine);
    if (attachment == nullptr || !attachment->quiesce) continue;
    attachment->quiesce = false;
    tell(world, task, *engine, event::Quiesced{});
  }
}

SignalOutcome fold_signal(const Task& task) {
  if (!task.signal) return {};
  SignalOutcome outcome{task.signal->si_signo, std::nullopt};
  for (const auto& attachment : task.attachments) {
    // Also of one whose engine has left since: what it said of this signal holds.
    if (!attachment.signal) continue;
    switch (attachment.signal->kind) {
      case SignalVerdict::Kind::keep:
        break;
      case SignalVerdict::Kind::suppress:
        if (!outcome.replacement) outcome.signal = 0;
        break;
      case SignalVerdict::Kind::replace:
        outcome = {attachment.signal->replacement.si_signo, attachment.signal->replacement};
        break;
    }
  }
  return outcome;
}

}  // namespace cotrace::trace
