#include "server/signals.h"

#include <array>
#include <csignal>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/errno_error.h"

namespace cotrace::server {
namespace {

// What a terminal, a shell or an init system ends a program with.
constexpr std::array ending_signals = {SIGHUP, SIGINT, SIGTERM, SIGQUIT};

bool is_ignored(int signal) {
  struct sigaction action{};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

// A blocked signal is queued even where it is ignored, so those that shall stay ignored must not be in the
// set.
sigset_t ending_set() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : ending_signals) {
    if (!is_ignored(signal)) ::sigaddset(&set, signal);
  }
  return set;
}

}  // namespace

void prepare_signals() {
  auto set = ending_set();
  ::sigaddset(&set, SIGCHLD);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  for (const int signal : {SIGPIPE, SIGTTOU, SIGTTIN}) std::signal(signal, SIG_IGN);
}

Result<EndingSignals> EndingSignals::watch(base::Reactor& reactor, std::function<void(int)> arrived) {
  const auto set = ending_set();
  base::Fd fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd.valid()) return base::fail_errno("signalfd");
  const int number = fd.get();
  auto watch = reactor.watch(number, EPOLLIN, [number, arrived = std::move(arrived)](std::uint32_t) {
    signalfd_siginfo info{};
    if (::read(number, &info, sizeof info) == sizeof info) arrived(static_cast<int>(info.ssi_signo));
  });
  if (!watch) return std::unexpected(watch.error());
  return EndingSignals(std::move(fd), std::move(*watch));
}

// So that whoever waits for the server (a shell, make) learns what ended it.
void die_of(int signal) {
  std::signal(signal, SIG_DFL);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  ::raise(signal);
}

}  // namespace cotrace::server
