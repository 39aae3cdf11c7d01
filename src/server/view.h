// What one client sees and has: its processes, its monitor commands, what is told about them.
#pragma once

#include <functional>
#include <set>
#include <string>

#include <cotrace/event.h>
#include <cotrace/ids.h>

#include "native/native_target.h"
#include "server/lines.h"
#include "server/monitor.h"

namespace cotrace::server {

class View;

// What the server hears of its views. Called from the target's observer: nothing of the target but looking
// may be called from within.
class ViewOwner {
 public:
  virtual ~ViewOwner() = default;
  virtual void process_launched(View& view, Pid process) = 0;
  virtual void process_attached(View& view, Pid process) = 0;
  virtual void process_ended(View& view, Pid process) = 0;
  // It has exec'ed something that nobody is to see.
  virtual bool process_ignored(Pid process) = 0;
  // The client detached from it (not: the view was given up). `launched`: this server started it, so nobody
  // else will bury it.
  virtual void process_let_go(View& view, Pid process, bool launched) = 0;
  // `monitor exit`, from within the command.
  virtual void exit_requested(View& view) = 0;
  virtual std::string who(const View& asking) = 0;
  // `monitor follow [on|off]`, `monitor hold PATTERN`, `monitor ignore PATTERN`
  virtual Result<std::string> follow(View& asking, std::optional<bool> on) = 0;
  virtual Result<std::string> add_gate(GateKind kind, std::string_view pattern) = 0;
};

// A native target and those it reports to. May outlive its client (gdbserver's next client goes on with it)
// and precede it (the program is launched before anybody connects).
class View final : public native::Observer, public MonitorHost {
 public:
  struct Services {
    Lines& lines;
    Log& log;
    PacketLog& packets;
  };
  View(trace::Core& core, base::Reactor& reactor, native::TargetOptions options, const Services& services,
       ViewOwner& owner);

  [[nodiscard]] native::NativeTarget& target() { return target_; }
  [[nodiscard]] const native::NativeTarget& target() const { return target_; }
  [[nodiscard]] bool has_processes();
  [[nodiscard]] bool has(Pid process);
  // Programs that this view launched and that still live.
  [[nodiscard]] const std::set<Pid>& launched() const { return launched_; }

  // The client is gone for good (NativeTarget::release). `done` must not destroy the view.
  void give_up(bool kill_launched, std::move_only_function<void()> done);
  [[nodiscard]] bool given_up() const { return given_up_; }

 private:
  void launched(Pid process, const std::string& program) override;
  void attached(Pid process) override;
  void launch_failed(const Error& why) override;
  void ended(Pid process, const ExitStatus& status) override;
  void detaching(Pid process) override;
  bool ignored(Pid process) override;
  void killing(Pid process) override;
  void agent_printf(std::string_view text) override;

  void request_exit() override;
  void set_libthread_db_path(const std::string& directories) override;
  std::string who() override;
  Result<std::string> follow(std::optional<bool> on) override;
  Result<std::string> add_gate(GateKind kind, std::string_view pattern) override;

  native::TargetOptions with_us(native::TargetOptions options);

  Services services_;
  ViewOwner& owner_;
  Monitor monitor_;
  std::set<Pid> launched_;
  std::set<Pid> told_;  // launched or attached by name: their end is worth a line, that of their thousand
                        // children is not
  bool given_up_{false};
  native::NativeTarget target_;  // last: it points to the members above
};

}  // namespace cotrace::server
