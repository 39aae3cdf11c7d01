// One log: what its tasks do becomes lines.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>

#include <cotrace/engine.h>

#include "engines/syscall_log/summary.h"
#include "engines/syscall_log/syscall_log.h"

namespace cotrace::engines::syscall_log {

class Recorder final : public Engine, public Job {
 public:
  Recorder(const JobContext& context, SyscallLogOptions options);
  ~Recorder() override;
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  Result<Pid> launch(const LaunchOptions& program) override;
  Result<> attach(Pid process) override;
  void finish() override;
  void output_drained() override;

  std::string name() const override { return "system-call log"; }
  Verdict on_event(TaskId task, const Event& event) override;

 private:
  // A call that has been entered.
  struct Running {
    CallText text;
    Call call;
    std::chrono::steady_clock::time_point begun;
    bool shown{false};      // its beginning is in the log
    std::string beginning;  // kept back until it is known whether the call is to be shown at all
  };
  struct Tracee {
    Tid tid;
    Pid process;
    std::optional<Running> running;
    // A program that has been launched is, before its exec, this process's own code; the errno of the last
    // exec that failed.
    bool before_exec{false};
    int exec_error{0};
    bool greeted{true};       // it has been said that it is traced
    std::string interrupted;  // the call that restart_syscall(2) would take up again
  };

  [[nodiscard]] EventMask events() const;
  [[nodiscard]] JoinOptions join_options(bool hold) const;
  Tracee* find(TaskId task);
  Tracee& add(TaskId task, Pid process);
  void note_joined(Tid tid);
  void remove(TaskId task);
  bool wants_text() const { return options_.counts != SyscallLogOptions::Counts::only; }

  void on(TaskId task, const event::SyscallEntry& entry);
  void on(TaskId task, const event::SyscallExit& exit);
  void on(TaskId task, const event::Signal& signal);
  void on(TaskId task, const event::Cloned& cloned);
  void on(TaskId task, const event::Born& born);
  void on(TaskId task, const event::Execed& execed);
  void on(TaskId task, const event::Died& died);
  void on(TaskId task, const event::JobControl& control);
  template <class Other>
  void on(TaskId, const Other&) {}

  void show_beginning(TaskId task, Tracee& tracee);
  // The task's line is open afterwards, behind what is known of its call so far.
  void take_up(TaskId task, Tracee& tracee);
  void show_end(TaskId task, Tracee& tracee);
  void end_unreturned(TaskId task, Tracee& tracee);
  void line(TaskId task, const Tracee& tracee, std::string_view text);
  void write_summary();
  void leave_everything();
  void end_if_empty();

  JobContext context_;
  SyscallLogOptions options_;
  Style style_;
  Lines lines_;
  Summary summary_;
  std::map<TaskId, Tracee> tracees_;
  std::set<Pid> processes_;
  std::set<TaskId> held_;
  std::optional<TaskId> launched_;
  std::optional<ExitStatus> launched_status_;
  bool ended_{false};
  bool may_end_{false};
};

}  // namespace cotrace::engines::syscall_log
