#include "trace/attach.h"

#include <algorithm>
#include <set>
#include <sys/ptrace.h>
#include <unistd.h>

#include "linux/proc.h"
#include "linux/ptrace.h"
#include "trace/asleep.h"
#include "trace/birth.h"
#include "trace/points.h"
#include "trace/ptrace_options.h"
#include "trace/report.h"
#include "trace/resume.h"
#include "trace/settle.h"
#include "trace/sharers.h"

namespace cotrace::trace {

namespace {

bool dead(const sys::TaskStatus& status) {
  return status.state == 'Z' || status.state == 'X';
}

// Seizes what is listed now and not yet known. True if anything was new, seized or not: a thread that has
// ended before it could be seized may have made another one first.
bool seize_listed(World& world, Pid process, const std::shared_ptr<AddressSpace>& space, bool exits,
                  std::set<Tid>& tried, std::optional<Error>& refusal) {
  auto listed = sys::threads_of(process);
  if (!listed) {
    refusal = listed.error();
    return false;
  }
  bool any = false;
  for (Tid tid : *listed) {
    if (!tried.insert(tid).second || world.find(tid) != nullptr) continue;
    any = true;
    auto options = base_options();
    const bool threaded = listed->size() > 1;
    if (exits || (threaded && tid == leader_of(process))) options |= PTRACE_O_TRACEEXIT;
    if (auto seized = sys::seize(tid, options); !seized) {
      auto status = sys::task_status(tid);
      // A leader that has exited before its threads; a thread that has just ended; or one that was made by a
      // thread seized a moment ago and so is ours already: its birth will be reported.
      if (!status || dead(*status)) continue;
      if (world.group(process) != nullptr && status->tracer.value == ::gettid()) continue;
      refusal = sys::diagnose_attach(tid, seized.error().sys_errno);
      continue;
    }
    Task& task = world.create(tid, process, space);
    task.freshly_seized = true;
    task.options = options;
    if (threaded) task.group->threaded = true;
  }
  return any;
}

}  // namespace

bool seize_threads(World& world, Pid process, const std::shared_ptr<AddressSpace>& space, bool exits,
                   std::set<Tid>& tried, std::optional<Error>& refusal) {
  bool any = false;
  // Threads go on making threads until each of them is seized; after that the kernel attaches the new ones.
  while (seize_listed(world, process, space, exits, tried, refusal)) any = true;
  return any;
}

// Options can be set while a task stands: one that runs is stopped once for that, of which nobody is told.
void ask_for_exits(Task& task) {
  if (options_for(task) != task.options && task.state == TaskState::running) request_interrupt(task);
}

Result<> attach_engine(World& world, Task& task, Engine& engine, const AttachOptions& options) {
  if (task.dead || task.state == TaskState::gone) return fail(Errc::gone, "the task is dead");
  if (task.find(engine) != nullptr) return fail(Errc::invalid, "the engine is attached to this task already");
  Attachment attachment;
  attachment.engine = &engine;
  attachment.events = options.events;
  attachment.threads = options.threads;
  attachment.quiesce = options.hold;
  task.attachments.push_back(attachment);
  set_hold(world, task, task.attachments.back(), options.hold);
  world.look_at_departures();
  // The task may have to be told of debug registers that were set for others.
  task.debug_version = 0;
  if (task.creator) {
    Task* creator = world.find(*task.creator);
    if (creator != nullptr && creator->space != task.space) adopt(world, task, *creator->space, engine);
  }
  if (!options.hold) {
    ask_for_exits(task);
    return {};
  }
  if (stands(task)) {
    // Not from within the engine's own call.
    world.defer([&world, id = task.id] {
      if (Task* still = world.find(id)) finish_stop(world, *still);
    });
  } else {
    request_interrupt(task);
    if (task.generation == 0) look_for_sleepers(world);
  }
  return {};
}

Result<std::vector<TaskId>> attach_process(World& world, Pid process, Engine& engine,
                                           const AttachOptions& options) {
  if (process.value == ::getpid()) return fail(Errc::not_permitted, "a process cannot trace itself");
  std::optional<Error> refusal;
  // Of a process that is known already some threads may have been let go before.
  std::set<Tid> tried;
  const bool exits = options.events.has(EventKind::exiting);
  seize_threads(world, process, space_of(world, process), exits, tried, refusal);
  ThreadGroup* group = world.group(process);
  if (group == nullptr || group->tasks.empty()) {
    return std::unexpected(refusal.value_or(sys::diagnose_attach(leader_of(process), ESRCH)));
  }
  std::vector<TaskId> out;
  for (Task* task : std::vector<Task*>(group->tasks)) {
    if (task->find(engine) != nullptr)
      return fail(Errc::invalid, "the engine is attached to this process already");
    if (task->newborn) continue;  // hears of it with its birth
    if (attach_engine(world, *task, engine, options)) out.push_back(task->id);
  }
  if (out.empty()) return fail(Errc::no_such_process, "the process has ended");
  return out;
}

Result<TaskId> launch_program(World& world, const sys::LaunchSpec& spec, Engine& engine,
                              const AttachOptions& options) {
  auto pending = sys::PendingLaunch::start(spec);
  if (!pending) return std::unexpected(pending.error());
  const Pid pid = pending->pid();
  const Tid tid = leader_of(pid);
  auto ptrace_options = base_options();
  if (options.events.has(EventKind::exiting)) ptrace_options |= PTRACE_O_TRACEEXIT;
  if (world.options.kill_on_exit) ptrace_options |= PTRACE_O_EXITKILL;
  if (auto seized = sys::seize(tid, ptrace_options); !seized)
    return std::unexpected(sys::diagnose_attach(tid, seized.error().sys_errno));
  Task& task = world.create(tid, pid, std::make_shared<AddressSpace>());
  task.options = ptrace_options;
  task.dies_with_us = world.options.kill_on_exit;
  if (auto attached = attach_engine(world, task, engine, options); !attached)
    return std::unexpected(attached.error());
  const TaskId id = task.id;
  auto [place, added] = world.launches.emplace(tid, std::move(*pending));
  if (auto released = place->second.release(); !released) return std::unexpected(released.error());
  return id;
}

}  // namespace cotrace::trace
