#include "linux/signals.h"

#include <csignal>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/errno_error.h"
#include "linux/proc.h"

namespace cotrace::sys {

namespace {

constexpr int last_signal = 64;

// struct kernel_sigaction of rt_sigaction(2); the C library's own has another layout.
struct KernelAction {
  void (*handler)(int){SIG_DFL};
  unsigned long flags{0};
  void (*restorer)(){nullptr};
  std::uint64_t mask{0};
};

bool is_ignored(int signal) {
  KernelAction action;
  return ::syscall(SYS_rt_sigaction, signal, nullptr, &action, sizeof action.mask) == 0 &&
         action.handler == SIG_IGN;
}

}  // namespace

SignalState SignalState::current() {
  SignalState state;
  std::uint64_t blocked = 0;
  ::syscall(SYS_rt_sigprocmask, SIG_BLOCK, nullptr, &blocked, sizeof blocked);
  state.blocked = SigSet(blocked);
  for (int signal = 1; signal <= last_signal; ++signal)
    if (is_ignored(signal)) state.ignored = state.ignored.with(signal);
  return state;
}

void SignalState::take_effect() const {
  for (int signal = 1; signal <= last_signal; ++signal) {
    KernelAction action;
    if (ignored.has(signal)) action.handler = SIG_IGN;
    ::syscall(SYS_rt_sigaction, signal, &action, nullptr, sizeof action.mask);  // fails for 9 and 19
  }
  const std::uint64_t mask = blocked.bits();
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, nullptr, sizeof mask);
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
