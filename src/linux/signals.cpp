#include "linux/signals.h"

#include <csignal>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/errno_error.h"
#include "linux/proc.h"

namespace cotrace::sys {

namespace {

constexpr int last_signal = 64;

}  // namespace

SignalState SignalState::current() {
  SignalState state;
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  for (int signal = 1; signal <= last_signal; ++signal) {
    if (::sigismember(&blocked, signal) == 1) state.blocked = state.blocked.with(signal);
    struct sigaction action{};
    // Fails for 32 and 33, which the C library keeps to itself.
    if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN)
      state.ignored = state.ignored.with(signal);
  }
  return state;
}

SignalDisposition default_disposition(int signal) {
  switch (signal) {
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH:
      return SignalDisposition::ignored;
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
      return SignalDisposition::stop;
    case SIGQUIT:
    case SIGILL:
    case SIGTRAP:
    case SIGABRT:
    case SIGFPE:
    case SIGSEGV:
    case SIGBUS:
    case SIGSYS:
    case SIGXCPU:
    case SIGXFSZ:
      return SignalDisposition::core;
    default:
      return signal < 1 || signal > last_signal ? SignalDisposition::ignored : SignalDisposition::terminate;
  }
}

SignalDisposition disposition_of(const TaskStatus& status, int signal) {
  // No arrangement touches these two, whatever the sets say.
  if (signal == SIGKILL || signal == SIGSTOP) return default_disposition(signal);
  if (SigSet(status.caught).has(signal)) return SignalDisposition::handled;
  if (SigSet(status.ignored).has(signal)) return SignalDisposition::ignored;
  return default_disposition(signal);
}

Result<> queue_signal(Pid pid, Tid tid, const SigInfo& info) {
  SigInfo copy = info;
  if (::syscall(SYS_rt_tgsigqueueinfo, pid.value, tid.value, info.si_signo, &copy) != 0)
    return base::fail_errno("rt_tgsigqueueinfo");
  return {};
}

}  // namespace cotrace::sys
