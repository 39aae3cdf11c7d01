#include "linux/sigchld.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/errno_error.h"

namespace cotrace::sys {

namespace {

sigset_t sigchld_set() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGCHLD);
  return set;
}

// With SIGCHLD ignored (inherited so from a parent that did `trap '' CHLD`) or SA_NOCLDSTOP set, the kernel
// sends no signal for a tracee's stop at all (do_notify_parent_cldstop), blocked or not: the tracer would
// wait for ever.
Result<> make_sure_it_is_sent() {
  struct sigaction action{};
  if (::sigaction(SIGCHLD, nullptr, &action) != 0) return base::fail_errno("sigaction");
  const bool ignored = (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_IGN;
  if (!ignored && (action.sa_flags & (SA_NOCLDSTOP | SA_NOCLDWAIT)) == 0) return {};
  if (ignored) action.sa_handler = SIG_DFL;
  action.sa_flags &= ~(SA_NOCLDSTOP | SA_NOCLDWAIT);
  if (::sigaction(SIGCHLD, &action, nullptr) != 0) return base::fail_errno("sigaction");
  return {};
}

}  // namespace

Result<ChildSignals> ChildSignals::create() {
  if (auto done = make_sure_it_is_sent(); !done) return std::unexpected(std::move(done).error());
  const sigset_t set = sigchld_set();
  sigset_t before;
  ::sigemptyset(&before);
  // pthread functions return the error number instead of setting errno.
  if (const int error = ::pthread_sigmask(SIG_BLOCK, &set, &before); error != 0)
    return std::unexpected(base::errno_error(error, "cannot block SIGCHLD"));
  const bool unblock = ::sigismember(&before, SIGCHLD) != 1;
  base::Fd fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd.valid()) {
    auto failure = base::fail_errno("cannot make a signalfd");
    if (unblock) ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    return failure;
  }
  return ChildSignals(std::move(fd), unblock);
}

ChildSignals::~ChildSignals() {
  if (!fd_.valid() || !unblock_) return;
  const sigset_t set = sigchld_set();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

std::optional<Tid> ChildSignals::drain() {
  // At most two can be pending: one for the process and, by tgkill(2), one for this thread.
  std::array<signalfd_siginfo, 2> infos;
  const ssize_t bytes = ::read(fd_.get(), infos.data(), sizeof infos);
  if (bytes != static_cast<ssize_t>(sizeof infos[0])) return std::nullopt;
  // Somebody's kill(2) names its sender, not a task that has changed.
  if (infos[0].ssi_code <= 0) return std::nullopt;
  return Tid{static_cast<std::int32_t>(infos[0].ssi_pid)};
}

}  // namespace cotrace::sys
