#include <csignal>
#include <future>
#include <map>
#include <pthread.h>
#include <sys/user.h>
#include <thread>
#include <type_traits>

#include <cotrace/tracer.h>

#include "base/reactor.h"
#include "trace/core.h"
#include "trace/tracer_on.h"

namespace cotrace {

namespace {

trace::AttachOptions attach_options(const JoinOptions& options) {
  return {options.events, options.hold, options.threads};
}

trace::Condition condition_of(Tracer::Condition condition) {
  if (!condition) return nullptr;
  return trace::Condition(std::move(condition));
}

bool sigchld_blocked() {
  sigset_t mask;
  sigemptyset(&mask);
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return sigismember(&mask, SIGCHLD) == 1;
}

}  // namespace

struct Tracer::State {
  base::Reactor* reactor{nullptr};
  trace::Core* core{nullptr};
  // Of a tracer with a thread of its own; trace/tracer_on.h makes the other kind.
  std::unique_ptr<base::Reactor> own_reactor;
  std::unique_ptr<trace::Core> own_core;
  std::thread thread;
  // By number. Shared with what has been posted and may run when this is gone.
  struct Timers {
    std::map<std::uint64_t, base::Reactor::Watch> running;
    std::uint64_t last{0};
  };
  std::shared_ptr<Timers> timers{std::make_shared<Timers>()};

  // Runs `work` on the tracer's thread and hands its result back; directly where that is this thread.
  template <class Work>
  auto on_thread(Work work) -> std::invoke_result_t<Work&> {
    if (reactor->on_own_thread()) return work();
    std::packaged_task<std::invoke_result_t<Work&>()> task(std::ref(work));
    auto result = task.get_future();
    reactor->post([&task] { task(); });
    return result.get();
  }
};

Result<std::unique_ptr<Tracer>> Tracer::create() {
  if (!sigchld_blocked())
    return fail(Errc::invalid, "SIGCHLD must be blocked in every thread before a tracer is made");
  auto state = std::make_unique<State>();
  auto reactor = base::Reactor::create();
  if (!reactor) return std::unexpected(reactor.error());
  state->own_reactor = std::move(*reactor);
  state->reactor = state->own_reactor.get();
  // ptrace knows a tracer by its thread: the core is made, used and ended on the one that runs the reactor.
  std::promise<Result<>> made;
  auto outcome = made.get_future();
  state->thread = std::thread([raw = state.get(), &made] {
    auto core = trace::Core::create(*raw->reactor, {});
    if (!core) {
      made.set_value(std::unexpected(core.error()));
      return;
    }
    raw->own_core = std::move(*core);
    raw->core = raw->own_core.get();
    made.set_value({});
    raw->reactor->run();
    raw->timers->running.clear();
    raw->own_core.reset();
  });
  if (auto result = outcome.get(); !result) {
    state->thread.join();
    return std::unexpected(result.error());
  }
  return std::unique_ptr<Tracer>(new Tracer(std::move(state)));
}

Tracer::Tracer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Tracer::~Tracer() {
  if (!state_ || !state_->thread.joinable()) return;
  state_->reactor->stop();
  state_->thread.join();
}

Result<TaskId> Tracer::launch(const LaunchOptions& program, Engine& engine, const JoinOptions& options) {
  sys::LaunchSpec spec;
  spec.arguments = program.arguments;
  spec.environment = program.environment;
  spec.working_directory = program.working_directory;
  spec.disable_randomization = program.disable_randomization;
  spec.own_process_group = program.own_process_group;
  return state_->on_thread([&] { return state_->core->launch(spec, engine, attach_options(options)); });
}

Result<std::vector<TaskId>> Tracer::attach(Pid process, Engine& engine, const JoinOptions& options) {
  return state_->on_thread([&] { return state_->core->attach(process, engine, attach_options(options)); });
}

Result<> Tracer::attach(TaskId task, Engine& engine, const JoinOptions& options) {
  return state_->on_thread([&] { return state_->core->attach(task, engine, attach_options(options)); });
}

Result<> Tracer::detach(TaskId task, Engine& engine) {
  return state_->on_thread([&] { return state_->core->detach(task, engine); });
}

Result<> Tracer::detach(Pid process, Engine& engine) {
  return state_->on_thread([&] { return state_->core->detach(process, engine); });
}

Result<> Tracer::kill(Pid process) {
  return state_->on_thread([&] { return state_->core->kill(process); });
}

Result<> Tracer::control(TaskId task, Engine& engine, const Wish& wish) {
  return state_->on_thread(
      [&] { return state_->core->control(task, engine, {wish.action, wish.signal, wish.inject}); });
}

Result<> Tracer::set_events(TaskId task, Engine& engine, EventMask events) {
  return state_->on_thread([&] { return state_->core->set_events(task, engine, events); });
}

void Tracer::barrier() {
  // Calls are made one at a time on the tracer's thread: what is posted now runs after the one under way.
  if (!state_->reactor->on_own_thread()) state_->on_thread([] {});
}

void Tracer::post(std::function<void()> work) {
  state_->reactor->post(std::move(work));
}

void Tracer::post_after(std::chrono::milliseconds delay, std::function<void()> work) {
  const auto when = base::Reactor::Clock::now() + delay;
  state_->reactor->post([reactor = state_->reactor, weak = std::weak_ptr(state_->timers), when,
                         work = std::move(work)]() mutable {
    const auto timers = weak.lock();
    if (!timers) return;
    const auto number = ++timers->last;
    timers->running[number] = reactor->at(when, [weak, number, work = std::move(work)] {
      if (const auto still = weak.lock()) still->running.erase(number);
      work();
    });
  });
}

std::vector<TaskId> Tracer::tasks(Pid process) {
  return state_->on_thread([&] { return state_->core->tasks_of(process); });
}

std::optional<Pid> Tracer::process_of(TaskId task) {
  return state_->on_thread([&] { return state_->core->process_of(task); });
}

Result<std::size_t> Tracer::read_memory(TaskId task, Addr address, std::span<std::byte> out) {
  return state_->on_thread([&] { return state_->core->read_memory(task, address, out); });
}

Result<> Tracer::write_memory(TaskId task, Addr address, std::span<const std::byte> bytes) {
  return state_->on_thread([&] { return state_->core->write_memory(task, address, bytes); });
}

Result<> Tracer::registers(TaskId task, user_regs_struct& out) {
  return state_->on_thread([&]() -> Result<> {
    auto regs = state_->core->general_regs(task);
    if (!regs) return std::unexpected(regs.error());
    out = *regs;
    return {};
  });
}

Result<> Tracer::set_registers(TaskId task, const user_regs_struct& in) {
  return state_->on_thread([&] { return state_->core->set_general_regs(task, in); });
}

Result<std::vector<std::byte>> Tracer::extended_state(TaskId task) {
  return state_->on_thread([&] { return state_->core->xstate(task); });
}

Result<SigInfo> Tracer::siginfo(TaskId task) {
  return state_->on_thread([&] { return state_->core->siginfo(task); });
}

Result<SignalDisposition> Tracer::disposition(TaskId task, int signal) {
  return state_->on_thread([&] { return state_->core->disposition(task, signal); });
}

Result<PointId> Tracer::add_breakpoint(TaskId task, Engine& engine, Addr address, Condition condition) {
  return state_->on_thread([&] {
    return state_->core->add_breakpoint(task, engine, address, condition_of(std::move(condition)));
  });
}

Result<PointId> Tracer::add_watchpoint(TaskId task, Engine& engine, Addr address, std::size_t length,
                                       Access access, Condition condition) {
  const auto kind =
      access == Access::write ? arch::native::WatchKind::write : arch::native::WatchKind::read_write;
  return state_->on_thread([&] {
    return state_->core->add_watchpoint(task, engine, address, length, kind,
                                        condition_of(std::move(condition)));
  });
}

Result<> Tracer::remove(Engine& engine, PointId point) {
  return state_->on_thread([&] { return state_->core->remove_point(engine, point); });
}

namespace trace {

std::unique_ptr<Tracer> TracerAccess::on(base::Reactor& reactor, Core& core) {
  auto state = std::make_unique<Tracer::State>();
  state->reactor = &reactor;
  state->core = &core;
  return std::unique_ptr<Tracer>(new Tracer(std::move(state)));
}

}  // namespace trace

}  // namespace cotrace
