#include "native/native_target.h"

#include <fmt/format.h>

#include "native/client.h"
#include "native/client_memory.h"
#include "native/event_mapping.h"
#include "native/event_options.h"
#include "native/host_files.h"
#include "native/host_platform.h"
#include "native/lifecycle.h"
#include "native/points.h"
#include "native/program_facts.h"
#include "native/program_memory.h"
#include "native/reports.h"
#include "native/running.h"
#include "native/signal_info.h"
#include "native/system_facts.h"
#include "native/thread_db.h"
#include "native/thread_facts.h"

namespace cotrace::native {

using session::ThreadRef;

// The parts in the order in which they use one another: each knows those above it, and they go in the other
// direction.
struct NativeTarget::State {
  State(trace::Core& core, base::Reactor& reactor, Engine& engine, TargetOptions options)
      : client(core, reactor, engine, std::move(options)) {
    lifecycle.before_detach([this](Pid pid, std::move_only_function<void()> then) {
      program_memory.give_back(pid, std::move(then));
    });
  }

  Client client;
  ClientMemory memory{client};
  Reports reports{client};
  NativePoints points{client};
  Lifecycle lifecycle{client, reports, points};
  EventMapping mapping{client, reports, lifecycle, points};
  Running running{client, reports, points, memory};
  NativeEventOptions event_options{client};
  NativeHostFiles files;
  NativeProgramFacts facts{client};
  NativeSignalInfo signal_info{client};
  NativeThreadFacts thread_facts{client};
  NativeSystemFacts system_facts{client};
  NativeHostPlatform platform{client};
  NativeProgramMemory program_memory{client};
  NativeThreadLocals thread_locals{client};

  // A thread that may be written to: what the client knows of it is still what there is. gdb writes whole
  // sets of registers from its cache.
  Result<Thread*> writable(ThreadRef ref) const {
    const auto thread = client.standing(ref);
    if (thread && client.core.generation((*thread)->task) != (*thread)->generation) {
      return fail(Errc::stale, "the thread has moved since this client saw it stop");
    }
    return thread;
  }
};

sys::SignalState current_signals() {
  return sys::SignalState::current();
}

NativeTarget::NativeTarget(trace::Core& core, base::Reactor& reactor, TargetOptions options)
    : state_(std::make_unique<State>(core, reactor, *this, std::move(options))) {}

NativeTarget::~NativeTarget() {
  // Before anything of the state goes: the core may not call an engine whose parts are half gone.
  state_->client.core.detach_everything(*this);
}

// --- for the server
// --------------------------------------------------------------------------------------------------

void NativeTarget::set_program(std::vector<std::string> arguments) {
  state_->lifecycle.plan().set_program(std::move(arguments));
}

const std::vector<std::string>& NativeTarget::program() const {
  return state_->lifecycle.plan().program();
}

std::optional<session::StopReport> NativeTarget::standing_stop() const {
  // The thread that the last client looked at, if it still stands: the next one finds the program where it
  // was left (gdbserver without --once).
  const View& view = state_->client.view;
  if (const Thread* latest = view.latest()) {
    return session::StopReport{latest->ref, latest->last.value_or(session::stop::Quiet{})};
  }
  for (const auto& [pid, process] : view.processes()) {
    for (const auto& [tid, thread] : process->threads) {
      if (thread->stopped && !View::hidden(*thread))
        return session::StopReport{thread->ref, session::stop::Quiet{}};
    }
  }
  return std::nullopt;
}

void NativeTarget::park(std::move_only_function<void()> done) {
  // In this order: what is to happen when all stand must be set before the halt, which is over at once where
  // nothing runs.
  state_->lifecycle.park(std::move(done));
  state_->running.halt();
}

void NativeTarget::release(bool kill_launched, std::move_only_function<void()> done) {
  state_->lifecycle.release(kill_launched, std::move(done));
}

void NativeTarget::stop_for_attention(Pid process) {
  if (Process* found = state_->client.view.process(process)) state_->running.interrupt(*found);
}

std::string NativeTarget::describe_holds() const {
  std::string out;
  for (const auto& [pid, process] : state_->client.view.processes()) {
    for (const auto& [tid, thread] : process->threads) {
      if (!state_->client.core.holds(thread->task, *this)) continue;
      out += fmt::format("process {} thread {} is held{}\n", pid.value, tid.value,
                         thread->stopped ? "" : ", its stop not yet told");
    }
  }
  return out;
}

std::string NativeTarget::describe_untraced() const {
  std::string out;
  for (const trace::UntracedTask& task : state_->client.core.untraced()) {
    const bool thread = task.tid != leader_of(task.process);
    out += thread ? fmt::format("thread {} ({}) of process {}", task.tid.value, task.name, task.process.value)
                  : fmt::format("process {} ({}), a child of {},", task.process.value, task.name,
                                task.parent.value);
    out += task.tracer == Tid{} ? " is not traced\n" : fmt::format(" is traced by {}\n", task.tracer.value);
  }
  return out;
}

void NativeTarget::set_libthread_db_path(std::string directories) {
  state_->client.options.libthread_db_path = std::move(directories);
  // The library is looked for anew.
  for (const auto& [pid, process] : state_->client.view.processes()) process->thread_db.reset();
}

Verdict NativeTarget::on_event(TaskId task, const Event& event) {
  if (const auto verdict = state_->program_memory.on(task, event)) return *verdict;
  return state_->mapping.on(task, event);
}

// --- session::Target
// -------------------------------------------------------------------------------------------------

void NativeTarget::set_listener(session::StopListener* listener) {
  state_->client.listener = listener;
}

std::vector<ThreadRef> NativeTarget::threads() {
  std::vector<ThreadRef> out;
  for (const auto& [pid, process] : state_->client.view.processes()) {
    for (const auto& [tid, thread] : process->threads) {
      if (!View::hidden(*thread)) out.push_back(thread->ref);
    }
  }
  return out;
}

bool NativeTarget::alive(ThreadRef ref) {
  const Thread* thread = state_->client.view.thread(ref);
  return thread != nullptr && !View::hidden(*thread) && state_->client.core.info(thread->task).has_value();
}

bool NativeTarget::stopped(ThreadRef ref) {
  // As the client believes, not as the task is: it may stand for another engine, or its stop not be told yet.
  const Thread* thread = state_->client.view.thread(ref);
  return thread != nullptr && thread->stopped;
}

Result<session::RegisterSet> NativeTarget::register_set(ThreadRef ref) {
  Thread* thread = state_->client.view.thread(ref);
  if (thread == nullptr) return fail(Errc::no_such_process, "no such thread");
  if (auto set = state_->client.registers.set(thread->task)) return set;
  // Of a running thread gdb asks only what registers there are: those of a 64-bit program, until it stands.
  return state_->client.tables.set(arch::native::Mode::bits64);
}

Result<> NativeTarget::read_registers(ThreadRef ref, std::span<std::byte> block, std::vector<bool>& valid) {
  const auto thread = state_->client.standing(ref);
  if (!thread) return std::unexpected(thread.error());
  return state_->client.registers.read_block((*thread)->task, block, valid);
}

Result<> NativeTarget::write_registers(ThreadRef ref, std::span<const std::byte> block) {
  const auto thread = state_->writable(ref);
  if (!thread) return std::unexpected(thread.error());
  (*thread)->registers_written = true;
  return state_->client.registers.write_block((*thread)->task, block);
}

Result<std::vector<std::byte>> NativeTarget::read_register(ThreadRef ref, int number) {
  const auto thread = state_->client.standing(ref);
  if (!thread) return std::unexpected(thread.error());
  return state_->client.registers.read((*thread)->task, number);
}

Result<> NativeTarget::write_register(ThreadRef ref, int number, std::span<const std::byte> value) {
  const auto thread = state_->writable(ref);
  if (!thread) return std::unexpected(thread.error());
  (*thread)->registers_written = true;
  return state_->client.registers.write((*thread)->task, number, value);
}

Result<std::size_t> NativeTarget::read_memory(ThreadRef ref, Addr address, std::span<std::byte> out) {
  return state_->memory.read(ref, address, out);
}

Result<> NativeTarget::write_memory(ThreadRef ref, Addr address, std::span<const std::byte> bytes) {
  return state_->memory.write(ref, address, bytes);
}

void NativeTarget::resume(std::span<const session::ThreadAction> actions) {
  state_->running.resume(actions);
}
void NativeTarget::halt() {
  state_->running.halt();
}
void NativeTarget::begin_non_stop() {
  state_->running.begin_non_stop();
}

void NativeTarget::interrupt() {
  state_->running.interrupt();
}
bool NativeTarget::still_true(const session::StopReport& report) {
  return state_->running.still_true(report);
}
void NativeTarget::withdraw(const session::StopReport& report) {
  state_->running.withdraw(report);
}

std::optional<session::StopReason> NativeTarget::take_standing(session::ThreadRef ref) {
  Thread* thread = state_->client.view.thread(ref);
  if (thread == nullptr || !thread->stopped || thread->held_back.empty()) return std::nullopt;
  auto reason = std::move(thread->held_back.front());
  thread->held_back.pop_front();
  thread->last = reason;
  thread->signal_unseen = false;
  return reason;
}

session::Processes* NativeTarget::processes() {
  return &state_->lifecycle;
}
session::Points* NativeTarget::points() {
  return &state_->points;
}
session::SyscallCatching* NativeTarget::syscalls() {
  return &state_->event_options;
}
session::HostFiles* NativeTarget::files() {
  return &state_->files;
}
session::ProgramFacts* NativeTarget::facts() {
  return &state_->facts;
}
session::SignalInfo* NativeTarget::signal_info() {
  return &state_->signal_info;
}
session::ThreadFacts* NativeTarget::thread_facts() {
  return &state_->thread_facts;
}
session::ThreadLocals* NativeTarget::thread_locals() {
  return &state_->thread_locals;
}
session::SystemFacts* NativeTarget::system_facts() {
  return &state_->system_facts;
}
session::HostPlatform* NativeTarget::platform() {
  return &state_->platform;
}
session::ProgramMemory* NativeTarget::program_memory() {
  return &state_->program_memory;
}
session::Console* NativeTarget::console() {
  return state_->client.options.console;
}
session::EventOptions* NativeTarget::event_options() {
  return &state_->event_options;
}

bool still_traced(const trace::Core& core, Pid process) {
  return !core.released(process);
}

}  // namespace cotrace::native
