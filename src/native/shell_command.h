// A command of the client's that runs beside everything else (qPlatform_shell).
#pragma once

#include <memory>
#include <string>

#include <cotrace/error.h>

#include "base/fd.h"
#include "base/reactor.h"
#include "linux/signals.h"
#include "session/target.h"

namespace cotrace::native {

// `/bin/sh -c COMMAND` in a process group of its own. Destroyed before its end, it is killed, with its group.
class ShellCommand {
 public:
  using Done = session::HostPlatform::ShellDone;

  // `signals`: what the command starts with. `done` is called once, and this may be destroyed from then on,
  // but not within. Not called where the start fails.
  static Result<std::unique_ptr<ShellCommand>> start(base::Reactor& reactor,
                                                     const session::HostPlatform::ShellRequest& request,
                                                     const sys::SignalState& signals, Done done);
  ~ShellCommand();
  ShellCommand(const ShellCommand&) = delete;
  ShellCommand& operator=(const ShellCommand&) = delete;
  [[nodiscard]] bool ended() const { return pid_ == Pid{}; }

 private:
  ShellCommand(base::Reactor& reactor, Done done) : reactor_(reactor), done_(std::move(done)) {}
  Result<> spawn(const session::HostPlatform::ShellRequest& request, const sys::SignalState& signals);
  Result<> watch();
  // False at the end of the output.
  bool read_output();
  void on_exit();

  base::Reactor& reactor_;
  Done done_;
  Pid pid_;  // 0: reaped
  base::Fd process_;
  base::Fd output_;
  std::string text_;
  base::Reactor::Watch on_process_, on_output_, on_timeout_;
};

}  // namespace cotrace::native
