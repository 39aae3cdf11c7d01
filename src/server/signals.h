// The signals that end a server, as events of its loop.
#pragma once

#include <functional>

#include <cotrace/error.h>

#include "base/fd.h"
#include "base/reactor.h"

namespace cotrace::server {

// Blocks and ignores what a server must, for the whole process: to be called in main() before any thread is
// started. Those that the process was started with as ignored (nohup) stay so.
//   blocked: SIGCHLD (the tracing core reads it), SIGHUP SIGINT SIGTERM SIGQUIT (EndingSignals)
//   ignored: SIGPIPE (a write tells), SIGTTOU SIGTTIN (the debugged program has the terminal, and the server
//   goes on writing)
void prepare_signals();

class EndingSignals {
 public:
  // `arrived` gets the number, on the reactor's thread.
  static Result<EndingSignals> watch(base::Reactor& reactor, std::function<void(int)> arrived);

 private:
  EndingSignals(base::Fd fd, base::Reactor::Watch watch) : fd_(std::move(fd)), watch_(std::move(watch)) {}
  base::Fd fd_;
  base::Reactor::Watch watch_;
};

// Ends this process by the signal, as if it had never been caught; returns only if that fails.
void die_of(int signal);

}  // namespace cotrace::server
