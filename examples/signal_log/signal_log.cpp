#include "signal_log.h"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/user.h>
#include <utility>
#include <variant>

using cotrace::CloneKind;
using cotrace::EventKind;
using cotrace::ResumeAction;
using cotrace::SignalDisposition;
using cotrace::TaskId;
using cotrace::Verdict;
namespace event = cotrace::event;

namespace {

constexpr cotrace::EventMask mask{EventKind::signal, EventKind::clone, EventKind::exec, EventKind::death};

std::string signal_name(int signal) {
  const char* name = sigabbrev_np(signal);
  return name != nullptr ? name : std::to_string(signal);
}

const char* kind_name(CloneKind kind) {
  switch (kind) {
    case CloneKind::thread:
      return "thread";
    case CloneKind::fork:
      return "fork";
    case CloneKind::vfork:
      return "vfork";
    case CloneKind::shared_memory:
      return "shared memory";
  }
  return "?";
}

std::string hex(std::uint64_t value) {
  std::ostringstream out;
  out << "0x" << std::hex << value;
  return out.str();
}

// Where the signal comes from: positive codes are the kernel's own (sigaction(2)).
std::string origin_of(const cotrace::SigInfo& info) {
  if (info.si_code <= 0) return " from " + std::to_string(info.si_pid);
  if (info.si_signo == SIGSEGV || info.si_signo == SIGBUS)
    return " for address " + hex(reinterpret_cast<std::uint64_t>(info.si_addr));
  return "";
}

}  // namespace

cotrace::Result<> SignalLog::start(cotrace::Tracer& tracer, std::vector<std::string> command) {
  tracer_ = &tracer;
  processes_ = 1;  // before the first event can come
  auto task = tracer.launch({.arguments = std::move(command)}, *this, {.events = mask});
  if (!task) return std::unexpected(task.error());
  return {};
}

Verdict SignalLog::on_event(TaskId task, const cotrace::Event& event) {
  return std::visit([&](const auto& kind) { return on(task, kind); }, event);
}

Verdict SignalLog::on(TaskId task, const event::Signal& event) {
  const int signal = event.info.si_signo;
  write(task, "signal " + signal_name(signal) + origin_of(event.info));
  const auto disposition = tracer_->disposition(task, signal);
  if (disposition != SignalDisposition::terminate && disposition != SignalDisposition::core) return {};
  {
    const std::lock_guard lock(mutex_);
    doomed_.push_back({task, signal});
  }
  changed_.notify_one();
  return {.action = ResumeAction::stop};  // run() looks at it, and lets it go
}

Verdict SignalLog::on(TaskId task, const event::Cloned& event) {
  write(task, "made " + std::to_string(event.child.tid.value) + ", " + kind_name(event.kind));
  if (event.kind == CloneKind::thread) return {};  // has this attachment already
  // The child has not run yet. It may have been killed: then there is nothing to follow.
  if (tracer_->attach(event.child, *this, {.events = mask})) {
    const std::lock_guard lock(mutex_);
    ++processes_;
  }
  return {};
}

Verdict SignalLog::on(TaskId task, const event::Born& event) {
  write(task, std::string("begins, ") + kind_name(event.kind));
  return {};
}

Verdict SignalLog::on(TaskId task, const event::Execed&) {
  const auto process = tracer_->process_of(task);
  if (!program_) program_ = process;
  std::error_code ignored;
  const auto link = "/proc/" + std::to_string(task.tid.value) + "/exe";
  write(task, "exec " + std::filesystem::read_symlink(link, ignored).string());
  return {};
}

Verdict SignalLog::on(TaskId task, const event::Died& event) {
  const int code = event.status.code;
  write(task, event.status.signalled ? "killed by " + signal_name(code) : "exited " + std::to_string(code));
  if (!event.process_ended) return {};
  if (!program_) write(task, "never began: is it there, and executable?");
  if (program_ && tracer_->process_of(task) == program_)
    exit_code_ = event.status.signalled ? 128 + code : code;
  {
    const std::lock_guard lock(mutex_);
    --processes_;
  }
  changed_.notify_one();
  return {};
}

// On the tracer's thread, so that lines do not mix. A log for a purpose would hand them to a thread of its
// own: who reads standard error slowly holds up every task.
void SignalLog::write(TaskId task, const std::string& what) {
  const auto process = tracer_->process_of(task);
  std::string who = std::to_string(task.tid.value);
  if (process && cotrace::leader_of(*process) != task.tid) who = std::to_string(process->value) + "/" + who;
  std::fprintf(stderr, "%s %s\n", who.c_str(), what.c_str());
}

std::optional<SignalLog::Doomed> SignalLog::next_doomed() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !doomed_.empty() || processes_ == 0; });
  if (doomed_.empty()) return std::nullopt;
  const Doomed next = doomed_.front();
  doomed_.pop_front();
  return next;
}

void SignalLog::run() {
  while (const auto doomed = next_doomed()) {
    const TaskId task = doomed->task;
    const std::string what = signal_name(doomed->signal) + " ends it at " + place_of(task);
    tracer_->post([this, task, what] { write(task, what); });
    // Ends the hold. No verdict on the signal was given, so it is delivered. gone: SIGKILL was faster.
    const auto let_go = tracer_->control(task, *this, {.action = ResumeAction::resume});
    if (!let_go && let_go.error().code != cotrace::Errc::gone)
      std::fprintf(stderr, "signal_log: %s\n", let_go.error().text.c_str());
  }
}

// The pc, as a place in a file where it is in one.
std::string SignalLog::place_of(TaskId task) {
  user_regs_struct regs{};
  if (auto got = tracer_->registers(task, regs); !got) return got.error().text;
  std::ifstream maps("/proc/" + std::to_string(task.tid.value) + "/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long start = 0, end = 0, offset = 0;
    int path = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %*s %lx %*s %*s %n", &start, &end, &offset, &path) != 3) continue;
    if (regs.rip < start || regs.rip >= end || line.substr(path).empty()) continue;
    return line.substr(path) + "+" + hex(regs.rip - start + offset);
  }
  return hex(regs.rip);
}
