// Processes come and go: launching, attaching, killing, detaching, and what becomes of them when the client
// leaves.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/event.h>

#include "base/reactor.h"
#include "native/client.h"
#include "native/launch_plan.h"
#include "native/points.h"
#include "native/program_watch.h"
#include "native/reports.h"

namespace cotrace::native {

class Lifecycle final : public session::Processes {
 public:
  Lifecycle(Client& client, Reports& reports, NativePoints& points);

  // --- session::Processes ---
  void launch(const session::LaunchRequest& request, Done done) override;
  void attach(Pid pid, bool hold, Done done) override;
  void attach_by_name(const std::string& program, Which which, bool hold, Done done) override;
  void kill(Pid pid, std::move_only_function<void(Result<>)> done) override;
  void detach(Pid pid, std::move_only_function<void(Result<>)> done) override;
  std::vector<Pid> list() override;
  bool was_attached(Pid pid) override;
  [[nodiscard]] bool any_dying() const override;
  // A thread of it that the client believes stopped has been woken to die.
  [[nodiscard]] bool dying(const Process& process) const;
  void set_environment(std::string name, std::optional<std::string> value) override;
  void reset_environment() override;
  void set_working_directory(std::string directory) override;
  [[nodiscard]] std::string working_directory() const override;
  void set_stream(int descriptor, std::string path) override;
  void set_startup_with_shell(bool on) override;
  void set_disable_randomization(bool on) override;

  // --- NativeTarget ---
  // What has to be done while a process is still held; then `then`, at once if there is nothing.
  using BeforeDetach = std::function<void(Pid, std::move_only_function<void()> then)>;
  void before_detach(BeforeDetach work) { before_detach_ = std::move(work); }
  LaunchPlan& plan() { return plan_; }
  void release(bool kill_launched, std::move_only_function<void()> done);
  void park(std::move_only_function<void()> done);

  // --- what the events say ---
  // The program that is being launched has exec'ed: true if it now stands at its first instruction.
  bool exec_while_starting(Thread& thread);
  // A thread of a process that is being attached to stands.
  void joined(Thread& thread);
  // The process has ended; it is no longer in the view when this returns. True if that is this client's own
  // doing (or a launch that failed), so that nothing is to be reported.
  bool ended(Process& process, TaskId last, const ExitStatus& status);
  // Takes a thread that is gone out of the view, and lets go of a fork's child that nobody will hear of now.
  void drop(Thread& thread);
  // The process runs on, and is this client's no more.
  void disown(Process& process);
  // Detaches from a child that the client was never told of.
  void let_go(Pid child);

 private:
  struct Start {
    int execs_left{0};  // until the program itself is there; before it come a shell and a wrapper
    std::string program;
    Done done;
  };
  struct Join {
    std::size_t missing{0};  // threads that do not stand yet
    Done done;
  };

  [[nodiscard]] session::StopReason reason_to_join(Thread& thread) const;
  void joined_one(Process& process);
  void detach_now(Pid pid, std::move_only_function<void(Result<>)> done);
  void fail_join(Pid pid, Done done);
  void forget(Process& process);
  void suppress_unwanted_signals(Process& process);
  std::vector<Pid> unreported_children(Pid parent) const;

  Client& client_;
  Reports& reports_;
  NativePoints& points_;
  LaunchPlan plan_;
  ProgramWatch watch_;
  BeforeDetach before_detach_;
  // What the client waits for. Each `done` is called once, from the reactor, whatever becomes of the process.
  std::map<Pid, Start> starting_;
  std::map<Pid, Join> joining_;
  std::map<Pid, std::vector<std::move_only_function<void(Result<>)>>> killing_;
};

}  // namespace cotrace::native
