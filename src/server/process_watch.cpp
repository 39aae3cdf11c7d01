#include "server/process_watch.h"

#include <csignal>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/errno_error.h"

namespace cotrace::server {
namespace {

// glibc 2.36 has both in <sys/pidfd.h>, but declares them as C++ functions, which it does not have.
int open_pidfd(Pid process) {
  return static_cast<int>(::syscall(SYS_pidfd_open, process.value, 0));
}
void send_kill(int pidfd) {
  ::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
}

}  // namespace

Result<> ProcessWatch::add(Pid process) {
  if (watched_.contains(process)) return {};
  Entry entry{base::Fd(open_pidfd(process)), {}};
  if (!entry.pidfd.valid()) return base::fail_errno("pidfd_open");
  // Readable when the whole thread group has ended.
  auto watch =
      reactor_.watch(entry.pidfd.get(), EPOLLIN, [this, process](std::uint32_t) { on_end(process); });
  if (!watch) return std::unexpected(watch.error());
  entry.watch = std::move(*watch);
  watched_.emplace(process, std::move(entry));
  return {};
}

void ProcessWatch::kill(const std::set<Pid>& processes) {
  for (const auto process : processes) {
    const auto found = watched_.find(process);
    if (found != watched_.end()) send_kill(found->second.pidfd.get());
  }
}

void ProcessWatch::on_end(Pid process) {
  const auto found = watched_.find(process);
  if (found == watched_.end()) return;
  if (!traced_(process)) {
    // Nothing to bury (ECHILD) is fine: not our child, or the tracer's wait for everybody was first.
    siginfo_t info{};
    ::waitid(P_PIDFD, static_cast<id_t>(found->second.pidfd.get()), &info, WEXITED | WNOHANG);
  }
  watched_.erase(found);
  ended_(process);
}

}  // namespace cotrace::server
