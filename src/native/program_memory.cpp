#include "native/program_memory.h"

#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <sys/mman.h>
#include <utility>

#include "base/errno_error.h"
#include "base/overloaded.h"

namespace cotrace::native {

namespace {

namespace stop = session::stop;
using arch::native::ForeignCall;

constexpr std::uint64_t page = 4096;

int protection(session::ProgramMemory::Rights rights) {
  return (rights.read ? PROT_READ : 0) | (rights.write ? PROT_WRITE : 0) | (rights.execute ? PROT_EXEC : 0);
}

Result<std::uint64_t> checked(std::int64_t result) {
  constexpr std::int64_t last_errno = -4095;
  if (result < 0 && result >= last_errno)
    return std::unexpected(base::errno_error(static_cast<int>(-result), "the program's system call"));
  return static_cast<std::uint64_t>(result);
}

}  // namespace

void NativeProgramMemory::allocate(session::ThreadRef thread, std::uint64_t size, Rights rights,
                                   std::move_only_function<void(Result<Addr>)> done) {
  constexpr std::uint64_t most = std::uint64_t{1} << 40;
  const std::uint64_t whole =
      size > most ? most : std::max<std::uint64_t>(page, (size + page - 1) / page * page);
  add({thread, ForeignCall::map_anonymous, whole, static_cast<std::uint64_t>(protection(rights)),
       [this, pid = thread.pid, whole, done = std::move(done)](Result<std::uint64_t> result) mutable {
         if (!result) return done(std::unexpected(result.error()));
         regions_[pid].emplace(Addr{*result}, whole);
         done(Addr{*result});
       }});
}

void NativeProgramMemory::deallocate(session::ThreadRef thread, Addr address,
                                     std::move_only_function<void(Result<>)> done) {
  const auto process = regions_.find(thread.pid);
  const auto region =
      process == regions_.end() ? decltype(process->second.begin()){} : process->second.find(address);
  if (process == regions_.end() || region == process->second.end()) {
    return client_.later([done = std::move(done)]() mutable {
      done(fail(Errc::not_found, "this is not memory that was allocated here"));
    });
  }
  const auto size = region->second;
  process->second.erase(region);
  add({thread, ForeignCall::unmap, address.value, size,
       [done = std::move(done)](Result<std::uint64_t> result) mutable {
         if (!result) return done(std::unexpected(result.error()));
         done({});
       }});
}

void NativeProgramMemory::give_back(Pid pid, std::move_only_function<void()> done) {
  auto regions = regions_.extract(pid);
  const bool busy = (running_ && running_->call.thread.pid == pid) ||
                    std::ranges::any_of(waiting_, [pid](const Call& call) { return call.thread.pid == pid; });
  if (!busy && (regions.empty() || regions.mapped().empty())) return done();
  const auto shared = std::make_shared<std::move_only_function<void()>>(std::move(done));
  if (!regions.empty()) {
    for (const auto& [address, size] : regions.mapped()) {
      add({{pid, leader_of(pid)}, ForeignCall::unmap, address.value, size, [](const Result<std::uint64_t>&) {
           }});
    }
  }
  // One at a time, so that this comes after all of them; the null size is that of no mapping.
  add({{pid, leader_of(pid)}, ForeignCall::unmap, 0, 0, [this, pid, shared](const Result<std::uint64_t>&) {
         // An allocation that was under way may have come true meanwhile.
         give_back(pid, [shared] { (*shared)(); });
       }});
}

void NativeProgramMemory::add(Call call) {
  waiting_.push_back(std::move(call));
  if (!running_) client_.later([this] { start_next(); });
}

void NativeProgramMemory::start_next() {
  while (!running_ && !waiting_.empty()) {
    Call call = std::move(waiting_.front());
    waiting_.pop_front();
    if (call.what == ForeignCall::unmap && call.second == 0) {
      call.done(std::uint64_t{0});
    } else if (const auto started = start(call); !started) {
      call.done(std::unexpected(started.error()));
    }
  }
}

bool NativeProgramMemory::able(const Thread& thread) const {
  // One that stands in the middle of a call of its own would finish that instead (Control::instruction). The
  // stop of a program that has just been launched is told as a SIGTRAP, and there is no such signal.
  const bool in_a_call =
      thread.last &&
      std::visit(base::Overloaded{[](const stop::Quiet&) { return false; },
                                  [](const stop::Interrupted&) { return false; },
                                  [](const stop::Step&) { return false; },
                                  [](const stop::SoftwareBreak&) { return false; },
                                  [](const stop::HardwareBreak&) { return false; },
                                  [](const stop::Watch&) { return false; }, [](const auto&) { return true; }},
                 *thread.last);
  if (in_a_call) return false;
  // One that stands with a signal keeps it for the client to decide about.
  if (!thread.stopped || thread.pending || thread.signal || thread.process->ending) return false;
  const auto info = client_.core.info(thread.task);
  return info && info->state == trace::TaskState::stopped && client_.core.really_stands(thread.task);
}

const Thread* NativeProgramMemory::able(session::ThreadRef wanted) const {
  const Thread* first = client_.view.thread(wanted);
  if (first != nullptr && able(*first)) return first;
  const Process* process = client_.view.process(wanted.pid);
  if (process == nullptr) return nullptr;
  const auto found =
      std::ranges::find_if(process->threads, [&](const auto& entry) { return able(*entry.second); });
  return found == process->threads.end() ? nullptr : found->second.get();
}

Result<> NativeProgramMemory::start(Call& call) {
  const Thread* thread = able(call.thread);
  if (thread == nullptr)
    return fail(Errc::not_stopped,
                "no thread of the process can make a system call now (they run, or stand with a signal)");
  const auto regs = client_.core.general_regs(thread->task);
  if (!regs) return std::unexpected(regs.error());
  running_.emplace(Running{std::move(call), thread->task, *regs});
  if (const auto stepped = step(); !stepped) {
    call = std::move(running_->call);
    running_.reset();
    return stepped;
  }
  return {};
}

Result<> NativeProgramMemory::step() {
  const auto mode = arch::native::mode_of(running_->saved);
  auto regs = running_->saved;
  arch::native::prepare_call(mode, regs, running_->call.what, running_->call.first, running_->call.second);
  if (auto set = client_.core.set_general_regs(running_->task, regs); !set) return set;
  const auto code = arch::native::system_call_instruction(mode);
  const auto asked = client_.core.control(
      running_->task, client_.engine,
      {.action = ResumeAction::single_step,
       .signal = {},
       .instruction = trace::GivenInstruction{Addr{regs.rip}, {code.begin(), code.end()}}});
  if (!asked) return asked;
  // This client's hold has ended: if the task is held still, somebody else does that, and it does not run.
  if (const auto info = client_.core.info(running_->task); !info || !info->held_by_others) return {};
  restore();
  (void)client_.core.control(running_->task, client_.engine, {.action = ResumeAction::stop, .signal = {}});
  return fail(Errc::not_stopped, "another client holds the thread that was to make the system call");
}

std::optional<Verdict> NativeProgramMemory::on(TaskId task, const Event& event) {
  if (!running_ || running_->task.serial != task.serial) return std::nullopt;
  if (std::holds_alternative<event::StepDone>(event)) return step_done();
  const bool on_its_way = std::holds_alternative<event::SyscallEntry>(event) ||
                          std::holds_alternative<event::SyscallExit>(event) ||
                          std::holds_alternative<event::JobControl>(event) ||
                          std::holds_alternative<event::HoldChanged>(event);
  if (on_its_way) return Verdict{.action = ResumeAction::single_step};
  // A signal, a death: the call has not been made.
  restore();
  finish(fail(Errc::gone, "the thread was interrupted in the system call that it was to make"));
  return std::nullopt;
}

std::optional<Verdict> NativeProgramMemory::step_done() {
  const Verdict stay{.action = ResumeAction::stop};
  const auto regs = client_.core.general_regs(running_->task);
  if (!regs) {
    finish(std::unexpected(regs.error()));
    return stay;
  }
  const auto mode = arch::native::mode_of(running_->saved);
  const auto result = call_result(mode, *regs);
  const bool made = regs->rip == running_->saved.rip + arch::native::system_call_instruction(mode).size();
  restore();
  finish(made ? checked(result)
              : Result<std::uint64_t>(
                    fail(Errc::not_stopped, "the thread has not carried out the system call")));
  return stay;
}

void NativeProgramMemory::restore() {
  // Gone: nothing is left to be put right.
  (void)client_.core.set_general_regs(running_->task, running_->saved);
}

// `done` is called after the event has been dealt with.
void NativeProgramMemory::finish(Result<std::uint64_t> result) {
  Running over = std::move(*running_);
  running_.reset();
  const auto done = std::make_shared<CallDone>(std::move(over.call.done));
  client_.later([this, done, serial = over.task.serial, result = std::move(result)] {
    // What the client knows of the thread is true again, although it has run.
    Thread* thread = client_.view.thread_of_serial(serial);
    if (thread != nullptr && thread->stopped) thread->generation = client_.core.generation(thread->task);
    (*done)(result);
    start_next();
  });
}

}  // namespace cotrace::native
