#include "engines/crash_catcher/case.h"

#include <algorithm>
#include <fmt/format.h>
#include <unistd.h>

#include "engines/crash_catcher/collect.h"

namespace cotrace::engines {

CrashCase::CrashCase(Tracer& tracer, Engine& engine, const CrashCatcherOptions& options, Crash crash)
    : tracer_(tracer), engine_(engine), options_(options), crash_(std::move(crash)), stacks_(tracer) {
  collect_first(tracer_, crash_);
}

bool CrashCase::has_signal(int signal) const {
  return std::ranges::any_of(crash_.threads, [signal](const CrashThread& thread) {
    return thread.signal && thread.signal->si_signo == signal;
  });
}

void CrashCase::gather() {
  for (const TaskId task : tracer_.tasks(crash_.process)) {
    if (task == crash_.threads.front().task) continue;
    // gone: a leader that has exited, or one that is being killed.
    if (!tracer_.control(task, engine_, {.action = ResumeAction::stop})) continue;
    crash_.threads.push_back({.task = task});
    waiting_.insert(task);
  }
}

void CrashCase::stands(TaskId task) {
  waiting_.erase(task);
}

void CrashCase::crashes(TaskId task, const SigInfo& info) {
  stands(task);
  const auto at = std::ranges::find(crash_.threads, task, &CrashThread::task);
  // Too late to be looked at as one of them once that has begun.
  if (at == crash_.threads.end() || stage_ != Stage::gathering) return;
  at->signal = info;
  const auto first_other =
      std::ranges::find_if(crash_.threads, [](const CrashThread& thread) { return !thread.signal; });
  if (first_other < at) std::rotate(first_other, at, at + 1);
}

void CrashCase::thread_began(TaskId task) {
  if (std::ranges::find(crash_.threads, task, &CrashThread::task) == crash_.threads.end())
    crash_.threads.push_back({.task = task});
  stands(task);
}

void CrashCase::thread_died(TaskId task) {
  stands(task);
}

void CrashCase::wait_no_longer() {
  for (const TaskId task : waiting_) {
    const auto at = std::ranges::find(crash_.threads, task, &CrashThread::task);
    if (at != crash_.threads.end()) at->error = "it did not stop in time";
  }
  waiting_.clear();
}

void CrashCase::step() {
  switch (stage_) {
    case Stage::gathering:
      stage_ = Stage::looking;
      [[fallthrough]];
    case Stage::looking:
      look_at_next();
      break;
    case Stage::writing_core:
      write_core();
      break;
    case Stage::done:
      break;
  }
}

void CrashCase::look_at_next() {
  if (looked_at_ < crash_.threads.size()) {
    CrashThread& thread = crash_.threads[looked_at_++];
    if (thread.error.empty()) collect_thread(tracer_, stacks_, thread, options_.most_frames);
    if (looked_at_ < crash_.threads.size()) return;
  }
  look_at_process();
  stage_ = options_.core_directory.empty() ? Stage::done : Stage::writing_core;
}

void CrashCase::look_at_process() {
  const Tid task = crash_.threads.front().task.tid;
  if (options_.maps) crash_.maps = lines_of(task, "maps");
  if (options_.limits) crash_.limits = lines_of(task, "limits");
  if (options_.open_files) crash_.files = open_files_of(task);
}

void CrashCase::begin_core() {
  std::vector<CoreThread> threads;
  threads.reserve(crash_.threads.size());
  for (const CrashThread& thread : crash_.threads) threads.push_back({thread.task, thread.signal});
  auto core =
      CoreFile::begin(tracer_, options_.core_directory, crash_.threads.front().name, crash_.process, threads);
  if (core) {
    core_ = std::move(*core);
    return;
  }
  core_result_ = {.number = crash_.number, .process = crash_.process, .error = core.error().text};
  stage_ = Stage::done;
}

void CrashCase::write_core() {
  if (!core_) {
    begin_core();
    return;
  }
  const auto more = core_->step();
  if (more && *more) return;
  core_result_ = {
      .number = crash_.number, .process = crash_.process, .path = core_->path(), .bytes = core_->size()};
  if (!more) {
    // Half a file would look like a whole one.
    ::unlink(core_->path().c_str());
    core_result_->error = more.error().text;
  }
  core_.reset();
  stage_ = Stage::done;
}

void CrashCase::cut_short(std::string why) {
  waiting_.clear();
  if (core_) {
    ::unlink(core_->path().c_str());
    core_.reset();
  }
  if (stage_ == Stage::writing_core)
    core_result_ = {.number = crash_.number, .process = crash_.process, .error = why};
  if (stage_ != Stage::writing_core && stage_ != Stage::done) crash_.incomplete = std::move(why);
  stage_ = Stage::done;
}

void CrashCase::leave() {
  leaving_ = true;
  for (const CrashThread& thread : crash_.threads) {
    if (thread.signal) (void)tracer_.control(thread.task, engine_, {});
  }
}

bool CrashCase::has_left(TaskId task) const {
  const auto at = std::ranges::find(crash_.threads, task, &CrashThread::task);
  return leaving_ && at != crash_.threads.end() && at->signal;
}

void CrashCase::let_go() {
  // Of the tasks that there are by now: some may have come meanwhile.
  for (const TaskId task : tracer_.tasks(crash_.process)) (void)tracer_.control(task, engine_, {});
}

}  // namespace cotrace::engines
