#include "native/program_watch.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <memory>
#include <ranges>
#include <unistd.h>

#include "linux/proc.h"

namespace cotrace::native {

namespace {

std::string file_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

std::vector<Pid> processes_running(const std::string& program) {
  const std::string wanted = file_name(program);
  std::vector<Pid> out;
  for (const Pid pid : sys::processes().value_or(std::vector<Pid>{})) {
    if (pid.value == ::getpid()) continue;
    const auto executable = sys::executable_of(leader_of(pid));
    if (executable && file_name(*executable) == wanted) out.push_back(pid);
  }
  return out;
}

void ProgramWatch::find(const std::string& program, session::Processes::Which which, Done done) {
  using enum session::Processes::Which;
  stop();
  program_ = program;
  done_ = std::move(done);
  const auto now = processes_running(program_);
  if (which != next && now.size() == 1) return finish(now.front());
  if (which != next && now.size() > 1) {
    return finish(
        fail(Errc::invalid, fmt::format("{} processes run {}: {}", now.size(), program,
                                        fmt::join(now | std::views::transform(&Pid::value), ", "))));
  }
  if (which == running) return finish(fail(Errc::not_found, fmt::format("no process runs {}", program)));
  for (const Pid pid : now) {
    if (const auto start = sys::start_time_of(leader_of(pid))) known_.emplace(pid, *start);
  }
  look();
}

void ProgramWatch::stop() {
  next_look_.reset();
  known_.clear();
  done_ = nullptr;
}

void ProgramWatch::look() {
  constexpr auto shortest = std::chrono::milliseconds(5);
  constexpr int share = 10;
  const auto begin = base::Reactor::Clock::now();
  for (const Pid pid : processes_running(program_)) {
    const auto start = sys::start_time_of(leader_of(pid));
    if (start && !known_.contains({pid, *start})) return finish(pid);
  }
  const auto end = base::Reactor::Clock::now();
  next_look_ = reactor_.at(end + std::max<base::Reactor::Clock::duration>(shortest, share * (end - begin)),
                           [this] { look(); });
}

void ProgramWatch::finish(Result<Pid> found) {
  next_look_ = reactor_.at(base::Reactor::Clock::now(), [this, found = std::move(found)]() mutable {
    const auto done = std::make_shared<Done>(std::move(done_));
    stop();
    (*done)(std::move(found));
  });
}

}  // namespace cotrace::native
