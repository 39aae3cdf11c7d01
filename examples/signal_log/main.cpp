// signal_log PROGRAM [ARGS...]: runs a program and writes on standard error every signal, exec and end in it
// and in whatever it starts.
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include <cotrace/tracer.h>

#include "signal_log.h"

int main(int count, char** arguments) {
  if (count < 2) {
    std::fputs("usage: signal_log PROGRAM [ARGS...]\n", stderr);
    return 2;
  }
  sigset_t child_signal;
  sigemptyset(&child_signal);
  sigaddset(&child_signal, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &child_signal, nullptr);  // before any thread is started

  SignalLog log;  // before the tracer, and so destroyed after it: an engine outlives its attachments
  auto tracer = cotrace::Tracer::create();
  if (!tracer) {
    std::fprintf(stderr, "signal_log: %s\n", tracer.error().text.c_str());
    return 1;
  }
  if (auto started = log.start(**tracer, {arguments + 1, arguments + count}); !started) {
    std::fprintf(stderr, "signal_log: %s\n", started.error().text.c_str());
    return 1;
  }
  log.run();
  (*tracer)->barrier();  // the call that told of the last end has returned: `log` is this thread's alone
  return log.exit_code();
}
