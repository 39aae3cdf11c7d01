// Starting a program as a traced child.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "linux/signals.h"

namespace cotrace::sys {

struct LaunchSpec {
  std::vector<std::string> arguments;  // arguments[0] is the program, found through PATH
  // The whole environment; without it, the caller's.
  std::optional<std::vector<std::string>> environment;  // "NAME=VALUE"
  std::string working_directory;                        // empty: the caller's
  bool disable_randomization{true};                     // personality(2), ADDR_NO_RANDOMIZE
  bool own_process_group{true};                         // setpgid(0, 0)
  // Make that group the foreground group of the controlling terminal, if there is one.
  bool foreground{false};
  // The program dies with this process even before it is released (PR_SET_PDEATHSIG); from the seize on that
  // is what PTRACE_O_EXITKILL is for, and this is taken back.
  bool die_with_tracer{false};
  // Blocked and ignored signals that the program starts with: by default none. A server passes what it was
  // started with itself, so that nohup(1) works through it.
  SignalState signals{};
  // Redirections: descriptor in the child <- descriptor here. Others keep the caller's 0, 1, 2; all else is
  // closed on exec.
  std::vector<std::pair<int, int>> descriptors;
};

// A child that has been forked and waits, before its exec, to be let go. Its signal mask and dispositions are
// those of LaunchSpec::signals, whatever the caller blocks, ignores or catches. Destroying it unreleased
// kills and reaps it.
class PendingLaunch {
 public:
  static Result<PendingLaunch> start(const LaunchSpec& spec);
  PendingLaunch(PendingLaunch&&) noexcept;
  PendingLaunch& operator=(PendingLaunch&&) noexcept;
  ~PendingLaunch();

  [[nodiscard]] Pid pid() const;
  // Lets it go on to exec. To be called once the child has been seized.
  Result<> release();
  // After the child has ended without an exec event: why (ENOENT, EACCES, ENOEXEC ... with a sentence).
  // Before that: nothing.
  std::optional<Error> exec_failure();
  // The child is no longer this object's to kill and reap (it has exec'ed, or the caller waits for it).
  void disown();

 private:
  struct State;
  explicit PendingLaunch(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The arguments of `$SHELL -c 'exec PROGRAM ARGS'` (default /bin/sh) as a debugger starts programs "with a
// shell". With `verbatim` the arguments are quoted so that they arrive byte for byte (empty ones, newlines
// too); without, they are shell text as they stand.
std::vector<std::string> through_shell(const std::vector<std::string>& arguments, bool verbatim);

}  // namespace cotrace::sys
