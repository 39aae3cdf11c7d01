#include "server/notices.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/sockets.h"

namespace cotrace::server {
namespace {

// Beyond this, lines are dropped and counted.
constexpr std::size_t pending_limit = std::size_t{64} * 1024;

// O_NONBLOCK belongs to the open file, not to the descriptor: set on fd 2 it would hit the debugged program,
// the shell and everybody else who shares the terminal. A second open of the same file has flags of its own.
// Plain files never block and keep their one offset, so they are written through the descriptor given.
base::Fd reopened(int fd) {
  struct stat file{};
  if (::fstat(fd, &file) != 0 || (!S_ISFIFO(file.st_mode) && !S_ISCHR(file.st_mode))) return {};
  return base::Fd(
      ::open(fmt::format("/proc/self/fd/{}", fd).c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

}  // namespace

Notices::Notices(base::Reactor& reactor, int fd)
    : reactor_(reactor), given_(fd), own_(reopened(fd)), socket_(is_socket(fd)) {}

Notices::~Notices() {
  flush();
}

void Notices::line(std::string_view text) {
  if (pending_.size() + text.size() + 1 > pending_limit) {
    ++dropped_;
    return;
  }
  pending_.append(text);
  pending_.push_back('\n');
  flush();
}

ssize_t Notices::write_some(std::string_view bytes) const {
  if (socket_) return ::send(given_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return ::write(own_.valid() ? own_.get() : given_, bytes.data(), bytes.size());
}

void Notices::flush() {
  while (!pending_.empty()) {
    const auto count = write_some(pending_);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) {
      pending_.clear();  // the terminal is gone
      break;
    }
    pending_.erase(0, static_cast<std::size_t>(count));
  }
  if (pending_.empty()) {
    watch_.reset();
    return;
  }
  if (watch_.active()) return;
  auto watch =
      reactor_.watch(own_.valid() ? own_.get() : given_, EPOLLOUT, [this](std::uint32_t) { flush(); });
  if (watch) watch_ = std::move(*watch);
}

}  // namespace cotrace::server
