#include "trace/core.h"

#include <algorithm>
#include <chrono>
#include <poll.h>

#include "base/reactor.h"
#include "linux/proc.h"
#include "linux/ptrace.h"
#include "linux/sigchld.h"
#include "linux/signals.h"
#include "trace/asleep.h"
#include "trace/attach.h"
#include "trace/orphans.h"
#include "trace/points.h"
#include "trace/ptrace_options.h"
#include "trace/release.h"
#include "trace/report.h"
#include "trace/resume.h"
#include "trace/settle.h"
#include "trace/status.h"
#include "trace/untraced.h"
#include "trace/world.h"

namespace cotrace::trace {

namespace native = arch::native;

namespace {

Error gone_error() {
  return {Errc::gone, 0, "the task is dead"};
}

// How long after the last event a look at every task may wait.
constexpr auto audit_delay = std::chrono::milliseconds(10);
// How long the end of the core waits for tasks that do not stop (state D): the kernel detaches those when
// this process ends.
constexpr auto farewell = std::chrono::seconds(2);

}  // namespace

struct Core::State {
  State(base::Reactor& reactor, const CoreOptions& options, std::unique_ptr<sys::WaitCalls> calls,
        sys::ChildSignals signals)
      : world(reactor, options, std::move(calls)), child_signals(std::move(signals)) {}

  World world;
  sys::ChildSignals child_signals;
  base::Reactor::Watch watch;
  base::Reactor::Watch audit;

  void handle(const std::vector<sys::WaitStatus>& statuses) {
    for (const auto& status : statuses) handle_status(world, status);
  }

  void on_child_signal() {
    handle(world.waits.drain(child_signals.drain()));
    if (!world.waits.audit_due() || audit.active()) return;
    audit = world.reactor.at(base::Reactor::Clock::now() + audit_delay, [this] {
      if (world.waits.audit_due()) handle(world.waits.drain_all());
    });
  }

  Result<Task*> find(TaskId id) const {
    Task* task = world.find(id);
    if (task == nullptr || task->dead) return std::unexpected(gone_error());
    return task;
  }

  // Registers can be had: the task is stopped, or its registers of before it fell asleep in vfork are kept.
  Result<Task*> standing(TaskId id) const {
    auto task = find(id);
    if (!task) return task;
    if (!(*task)->stopped && (*task)->state != TaskState::in_vfork) {
      return fail(Errc::not_stopped, "the task is running");
    }
    return task;
  }

  void let_go_of_all() {
    for (Task* task : world.all()) {
      for (Engine* engine : engines_of(*task)) detach_engine(world, *task, *engine);
    }
    const auto end = std::chrono::steady_clock::now() + farewell;
    auto waiting = [&] {
      return std::ranges::any_of(world.all(), [](const Task* task) {
        return task->state == TaskState::running || task->state == TaskState::stopped ||
               task->state == TaskState::listening;
      });
    };
    world.run_deferred();
    while ((waiting() || !world.early.empty()) && std::chrono::steady_clock::now() < end) {
      pollfd ready{child_signals.fd(), POLLIN, 0};
      ::poll(&ready, 1, 100);
      (void)child_signals.drain();
      handle(world.waits.drain_all());
      look_at_early(world);
      world.run_deferred();
    }
  }
};

Result<std::unique_ptr<Core>> Core::create(base::Reactor& reactor, const CoreOptions& options,
                                           std::unique_ptr<sys::WaitCalls> waits) {
  auto signals = sys::ChildSignals::create();
  if (!signals) return std::unexpected(signals.error());
  auto state = std::make_unique<State>(reactor, options, std::move(waits), std::move(*signals));
  auto watch = reactor.watch(state->child_signals.fd(), EPOLLIN,
                             [raw = state.get()](std::uint32_t) { raw->on_child_signal(); });
  if (!watch) return std::unexpected(watch.error());
  state->watch = std::move(*watch);
  return std::unique_ptr<Core>(new Core(std::move(state)));
}

Result<std::unique_ptr<Core>> Core::create(base::Reactor& reactor, const CoreOptions& options) {
  return create(reactor, options, sys::kernel_wait_calls());
}

Core::Core(std::unique_ptr<State> state) : state_(std::move(state)) {}

Core::~Core() {
  if (!state_) return;
  state_->let_go_of_all();
  // Nothing may come back into the state once its members go.
  state_->watch.reset();
  state_->audit.reset();
  state_->world.sleepers.reset();
  state_->world.early_timer.reset();
}

Result<TaskId> Core::launch(const sys::LaunchSpec& spec, Engine& engine, const AttachOptions& options) {
  return launch_program(state_->world, spec, engine, options);
}

std::optional<Error> Core::launch_failure(TaskId task) const {
  auto it = state_->world.launch_failures.find(task.serial);
  if (it == state_->world.launch_failures.end()) return std::nullopt;
  return it->second;
}

Result<std::vector<TaskId>> Core::attach(Pid process, Engine& engine, const AttachOptions& options) {
  return attach_process(state_->world, process, engine, options);
}

Result<> Core::attach(TaskId id, Engine& engine, const AttachOptions& options) {
  auto task = state_->find(id);
  if (!task) return std::unexpected(task.error());
  return attach_engine(state_->world, **task, engine, options);
}

Result<> Core::detach(TaskId id, Engine& engine) {
  auto task = state_->find(id);
  if (!task) return std::unexpected(task.error());
  if ((*task)->find(engine) == nullptr) return fail(Errc::invalid, "the engine is not attached to this task");
  detach_engine(state_->world, **task, engine);
  return {};
}

Result<> Core::detach(Pid process, Engine& engine) {
  ThreadGroup* group = state_->world.group(process);
  if (group == nullptr) return fail(Errc::no_such_process, "the process is not traced");
  for (Task* task : std::vector<Task*>(group->tasks)) detach_engine(state_->world, *task, engine);
  return {};
}

void Core::detach_everything(Engine& engine) {
  for (Task* task : state_->world.all()) {
    if (!task->dead) detach_engine(state_->world, *task, engine);
  }
}

bool Core::released(Pid process) const {
  return state_->world.group(process) == nullptr;
}

void Core::when_let_go(Pid process, std::function<void()> done) {
  state_->world.when_let_go(process, std::move(done));
}

Result<> Core::kill(Pid process) {
  if (state_->world.group(process) == nullptr)
    return fail(Errc::no_such_process, "the process is not traced");
  return sys::send_signal(process, SIGKILL);
}

Result<> Core::control(TaskId id, Engine& engine, Control wish) {
  auto found = state_->find(id);
  if (!found) return std::unexpected(found.error());
  World& world = state_->world;
  Task& task = **found;
  Attachment* attachment = task.find(engine);
  if (attachment == nullptr) return fail(Errc::invalid, "the engine is not attached to this task");
  if (task.state == TaskState::gone) return std::unexpected(gone_error());
  if (wish.action == ResumeAction::detach) {
    detach_engine(world, task, engine);
    return {};
  }
  const bool quiesce = wish.action <= ResumeAction::report;
  set_hold(world, task, *attachment, wish.action == ResumeAction::stop);
  attachment->quiesce = quiesce;
  if (quiesce) {
    if (!stands(task)) {
      request_interrupt(task);
      if (task.generation == 0) look_for_sleepers(world);
      return {};
    }
    world.defer([&world, id] {
      if (Task* still = world.find(id)) finish_stop(world, *still);
    });
    return {};
  }
  attachment->wish = wish.action;
  attachment->instruction = std::move(wish.instruction);
  if (wish.signal) attachment->signal = wish.signal;
  if (wish.inject != 0) task.inject = wish.inject;
  if (task.stopped) {
    resume_if_free(world, task);
  } else if (wish.action != ResumeAction::resume && task.state == TaskState::running) {
    // It runs for others: a step begins with a stop.
    request_interrupt(task);
  }
  return {};
}

Result<> Core::set_events(TaskId id, Engine& engine, EventMask events) {
  auto task = state_->find(id);
  if (!task) return std::unexpected(task.error());
  Attachment* attachment = (*task)->find(engine);
  if (attachment == nullptr) return fail(Errc::invalid, "the engine is not attached to this task");
  const bool traces_more = (events.has(EventKind::syscall_entry) || events.has(EventKind::syscall_exit)) &&
                           !(*task)->wants(EventKind::syscall_entry) &&
                           !(*task)->wants(EventKind::syscall_exit);
  attachment->events = events;
  const bool exits_anew = options_for(**task) != (*task)->options;
  // A task that runs has to be resumed once more to make its system calls stop it.
  if ((traces_more || exits_anew) && !(*task)->stopped) request_interrupt(**task);
  return {};
}

Result<> Core::rearm(TaskId id, Engine& engine) {
  auto task = state_->find(id);
  if (!task) return std::unexpected(task.error());
  Attachment* attachment = (*task)->find(engine);
  if (attachment == nullptr) return fail(Errc::invalid, "the engine is not attached to this task");
  attachment->rehit = (*task)->hit_at.has_value();
  return {};
}

bool Core::attached(TaskId id, const Engine& engine) const {
  Task* task = state_->world.find(id);
  return task != nullptr && task->find(engine) != nullptr;
}

bool Core::holds(TaskId id, const Engine& engine) const {
  Task* task = state_->world.find(id);
  if (task == nullptr) return false;
  const Attachment* attachment = task->find(engine);
  return attachment != nullptr && attachment->holds;
}

std::optional<TaskId> Core::find(Tid tid) const {
  Task* task = state_->world.find(tid);
  if (task == nullptr || task->state == TaskState::gone) return std::nullopt;
  return task->id;
}

std::optional<TaskInfo> Core::info(TaskId id) const {
  Task* task = state_->world.find(id);
  if (task == nullptr) return std::nullopt;
  return TaskInfo{task->id, task->group->pid, task->state, task->held()};
}

std::vector<TaskId> Core::tasks_of(Pid process) const {
  std::vector<TaskId> out;
  if (ThreadGroup* group = state_->world.group(process)) {
    for (Task* task : group->tasks) out.push_back(task->id);
  }
  return out;
}

std::optional<Pid> Core::process_of(TaskId id) const {
  Task* task = state_->world.find(id);
  if (task == nullptr) return std::nullopt;
  return task->group->pid;
}

std::vector<UntracedTask> Core::untraced() const {
  return untraced_tasks(state_->world);
}

Result<std::size_t> Core::read_memory(TaskId id, Addr address, std::span<std::byte> out) {
  auto task = state_->find(id);
  if (!task) return std::unexpected(task.error());
  return (*task)->space->read(address, out);
}

Result<> Core::write_memory(TaskId id, Addr address, std::span<const std::byte> bytes) {
  auto task = state_->find(id);
  if (!task) return std::unexpected(task.error());
  return (*task)->space->write(address, bytes);
}

Result<native::GeneralRegs> Core::general_regs(TaskId id) {
  auto task = state_->standing(id);
  if (!task) return std::unexpected(task.error());
  auto regs = regs_of(**task);
  if (!regs) return std::unexpected(regs.error());
  return **regs;
}

Result<> Core::set_general_regs(TaskId id, const native::GeneralRegs& regs) {
  auto task = state_->standing(id);
  if (!task) return std::unexpected(task.error());
  (*task)->regs = regs;
  (*task)->regs_dirty = true;
  return {};
}

Result<std::vector<std::byte>> Core::xstate(TaskId id) {
  auto task = state_->standing(id);
  if (!task) return std::unexpected(task.error());
  if (!(*task)->xstate) {
    if (!(*task)->stopped)
      return fail(Errc::not_stopped, "the task sleeps in vfork and this part of its registers was not kept");
    auto area = (*task)->stopped->xstate();
    if (!area) return area;
    (*task)->xstate = std::move(*area);
  }
  return *(*task)->xstate;
}

Result<> Core::set_xstate(TaskId id, std::span<const std::byte> area) {
  auto task = state_->standing(id);
  if (!task) return std::unexpected(task.error());
  (*task)->xstate.emplace(area.begin(), area.end());
  (*task)->xstate_dirty = true;
  return {};
}

bool Core::really_stands(TaskId id) const {
  const Task* task = state_->world.find(id);
  return task != nullptr && trace::really_stands(*task);
}

std::uint64_t Core::generation(TaskId id) const {
  Task* task = state_->world.find(id);
  return task == nullptr ? 0 : task->generation;
}

Result<SigInfo> Core::siginfo(TaskId id) {
  auto task = state_->find(id);
  if (!task) return std::unexpected(task.error());
  if ((*task)->signal) return *(*task)->signal;
  if (!(*task)->stopped) return fail(Errc::not_stopped, "the task is running");
  return (*task)->stopped->siginfo();
}

std::optional<SigInfo> Core::standing_signal(TaskId id) const {
  const Task* task = state_->world.find(id);
  return task != nullptr && trace::stands(*task) ? task->signal : std::nullopt;
}

Result<> Core::set_siginfo(TaskId id, const SigInfo& info) {
  auto task = state_->find(id);
  if (!task) return std::unexpected(task.error());
  if (!(*task)->stopped) return fail(Errc::not_stopped, "the task is running");
  auto set = (*task)->stopped->set_siginfo(info);
  if (set && (*task)->signal) (*task)->signal = info;
  return set;
}

Result<SignalDisposition> Core::disposition(TaskId id, int signal) const {
  auto task = state_->find(id);
  if (!task) return std::unexpected(task.error());
  auto status = sys::task_status((*task)->id.tid);
  if (!status) return std::unexpected(status.error());
  return sys::disposition_of(*status, signal);
}

Result<PointId> Core::add_breakpoint(TaskId id, Engine& engine, Addr address, Condition condition) {
  auto task = state_->find(id);
  if (!task) return std::unexpected(task.error());
  return trace::add_breakpoint(state_->world, **task, engine, address, std::move(condition));
}

Result<PointId> Core::add_hardware_breakpoint(TaskId id, Engine& engine, Addr address, Condition condition) {
  auto task = state_->find(id);
  if (!task) return std::unexpected(task.error());
  return add_hardware(state_->world, **task, engine, address, {{address, 1, native::WatchKind::execute}},
                      std::move(condition));
}

Result<PointId> Core::add_watchpoint(TaskId id, Engine& engine, Addr address, std::uint64_t length,
                                     native::WatchKind kind, Condition condition) {
  auto task = state_->find(id);
  if (!task) return std::unexpected(task.error());
  if (length == 0) return fail(Errc::invalid, "a watchpoint on no bytes");
  auto slots = native::cover(address, length, kind);
  if (!slots) return fail(Errc::no_resources, "the range takes more debug registers than the processor has");
  return add_hardware(state_->world, **task, engine, address, std::move(*slots), std::move(condition));
}

Result<> Core::remove_point(Engine& engine, PointId point) {
  return trace::remove_point(state_->world, engine, point);
}

std::vector<std::pair<PointId, PointId>> Core::adopted_points(TaskId child, const Engine& engine) const {
  std::vector<std::pair<PointId, PointId>> out;
  auto it = state_->world.adoptions.find(child.serial);
  if (it == state_->world.adoptions.end()) return out;
  for (const Adoption& adoption : it->second) {
    if (adoption.engine == &engine) out.emplace_back(adoption.parent, adoption.child);
  }
  return out;
}

}  // namespace cotrace::trace
