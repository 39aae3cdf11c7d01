#include "server/outflow.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "server/sockets.h"

namespace cotrace::server {
namespace {

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

Outflow::Outflow(base::Reactor& reactor, int fd)
    : reactor_(reactor), given_(fd), own_(reopened(fd)), socket_(is_socket(fd)) {}

Outflow::~Outflow() {
  *alive_ = false;
  write_all();
}

void Outflow::add(std::string_view bytes) {
  if (broken_) return;
  pending_.append(bytes);
  if (watch_.active() || std::exchange(flush_soon_, true)) return;
  reactor_.defer([this, alive = alive_] {
    if (*alive) flush();
  });
}

ssize_t Outflow::write_some(std::string_view bytes) const {
  if (socket_) return ::send(given_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return ::write(fd(), bytes.data(), bytes.size());
}

void Outflow::write_all() {
  while (pending() != 0) {
    const auto count = write_some(std::string_view(pending_).substr(written_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) {
      broken_ = true;  // the reader is gone
      break;
    }
    written_ += static_cast<std::size_t>(count);
  }
  if (pending() == 0 || broken_) {
    pending_.clear();
    written_ = 0;
  } else if (written_ > pending_.size() / 2) {
    pending_.erase(0, std::exchange(written_, 0));
  }
}

void Outflow::flush() {
  flush_soon_ = false;
  write_all();
  if (pending() == 0) {
    if (!watch_.active()) return;
    watch_.reset();
    if (drained_) drained_();
    return;
  }
  if (watch_.active()) return;
  auto watch = reactor_.watch(fd(), EPOLLOUT, [this](std::uint32_t) { flush(); });
  if (watch) {
    watch_ = std::move(*watch);
    return;
  }
  // Nobody would ever tell that there is room: better no text than a job that waits for ever.
  broken_ = true;
  pending_.clear();
  written_ = 0;
  if (drained_) drained_();
}

bool Outflow::drain(std::chrono::steady_clock::time_point until) {
  write_all();
  while (pending() != 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd ready{fd(), POLLOUT, 0};
    ::poll(&ready, 1, static_cast<int>(left.count()));
    write_all();
  }
  return !broken_;
}

}  // namespace cotrace::server
