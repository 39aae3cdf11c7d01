#include "server/connection.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <termios.h>

#include "base/errno_error.h"
#include "server/sockets.h"

namespace cotrace::server {
namespace {

using base::Fd;

constexpr std::size_t read_size = std::size_t{64} * 1024;
// A client that asks and does not read its answers is not listened to until it has taken some.
constexpr std::size_t pending_limit = std::size_t{1024} * 1024;
constexpr int packets_in_a_row = 8;
constexpr std::uint32_t most_answers_between_tries = 64;

}  // namespace

NonBlocking::NonBlocking(int fd) : fd_(fd), former_flags_(fd < 0 ? -1 : ::fcntl(fd, F_GETFL)) {
  if (former_flags_ >= 0 && (former_flags_ & O_NONBLOCK) == 0) {
    ::fcntl(fd_, F_SETFL, former_flags_ | O_NONBLOCK);
  } else {
    former_flags_ = -1;
  }
}

NonBlocking::~NonBlocking() {
  if (former_flags_ >= 0) ::fcntl(fd_, F_SETFL, former_flags_);
}

Connection::Connection(base::Reactor& reactor, Fd input, Fd output, ConnectionOwner& owner)
    : reactor_(reactor),
      owner_(owner),
      input_(std::move(input)),
      output_(std::move(output)),
      out_(output_.valid() ? output_.get() : input_.get()),
      input_mode_(input_.get()),
      output_mode_(output_.get()),
      buffer_(std::make_unique_for_overwrite<char[]>(read_size)) {}

Result<std::unique_ptr<Connection>> Connection::open(base::Reactor& reactor, Fd stream,
                                                     ConnectionOwner& owner) {
  return open(reactor, std::move(stream), Fd(), owner);
}

Result<std::unique_ptr<Connection>> Connection::open(base::Reactor& reactor, Fd input, Fd output,
                                                     ConnectionOwner& owner) {
  std::unique_ptr<Connection> connection(new Connection(reactor, std::move(input), std::move(output), owner));
  if (auto started = connection->start(); !started) return std::unexpected(started.error());
  return connection;
}

Result<> Connection::start() {
  socket_ = is_socket(input_.get()) && !output_.valid();
  auto watch =
      reactor_.watch(input_.get(), triggered(EPOLLIN), [this](std::uint32_t events) { on_ready(events); });
  if (!watch) return std::unexpected(watch.error());
  watch_ = std::move(*watch);
  interest_ = EPOLLIN;
  return {};
}

void Connection::on_ready(std::uint32_t events) {
  const std::weak_ptr<bool> alive = alive_;
  if ((events & EPOLLOUT) != 0) flush();
  if (!closed_ && !closing_ && (events & (interest_ | EPOLLHUP | EPOLLERR) & ~EPOLLOUT) != 0)
    read_some((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
  if (alive.expired() || closed_) return;
  // While closing nothing is read, and only a failing write would tell that the peer has gone.
  if (closing_ && (events & (EPOLLHUP | EPOLLERR)) != 0) report_closed();
}

// Once for each time that epoll reports it, so that one client that sends without end does not keep the
// others waiting. Level-triggered, it comes again if there is more. Edge-triggered, it does not: there is
// more where the buffer was too small for it, and after the last words of a peer that has hung up comes the
// end (epoll(7)).
//
// A client whom our answer wakes on this same processor has often asked again before send(2) returns: then
// the next packet is read without asking epoll first, a few times in a row. Each try in vain, as with a
// client on another processor, doubles the time until the next: it costs a system call too.
void Connection::read_some(bool hung_up) {
  if (!answer_one(hung_up)) return;
  for (int tries = 1; tries < packets_in_a_row && socket_ && listening(); ++tries) {
    if (answers_until_try_ > 0) {
      --answers_until_try_;
      return;
    }
    if (!answer_one(false)) {
      answers_between_tries_ = std::clamp(2 * answers_between_tries_, 1U, most_answers_between_tries);
      answers_until_try_ = answers_between_tries_;
      return;
    }
    answers_between_tries_ = 0;
  }
}

// What one read gives, and the answers to it. False: there was nothing, or the connection is at its end.
bool Connection::answer_one(bool hung_up) {
  const auto count = receive();
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (count <= 0) {
    report_closed();
    return false;
  }
  const bool more = hung_up || static_cast<std::size_t>(count) == read_size;
  if (socket_ && more) read_again();
  collecting_ = true;
  owner_.on_bytes({buffer_.get(), static_cast<std::size_t>(count)});
  collecting_ = false;
  flush();
  return true;
}

// While its output is not taken nothing is read; asking for input again brings the edge back.
bool Connection::listening() const {
  return !closed_ && !closing_ && (interest_ & EPOLLIN) != 0;
}

void Connection::read_again() {
  reactor_.defer([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired() && listening()) read_some(true);
  });
}

ssize_t Connection::receive() {
  return socket_ ? ::recv(input_.get(), buffer_.get(), read_size, 0)
                 : ::read(input_.get(), buffer_.get(), read_size);
}

// SIGPIPE is ignored in the whole process (prepare_signals), and write(2) works on pipes and terminals, too.
ssize_t Connection::write_some() {
  return socket_ ? ::send(out_, pending_.data(), pending_.size(), MSG_NOSIGNAL)
                 : ::write(out_, pending_.data(), pending_.size());
}

std::uint32_t Connection::triggered(std::uint32_t events) const {
  return socket_ ? events | EPOLLRDHUP | EPOLLET : events;
}

void Connection::send(std::string_view bytes) {
  if (closed_) return;
  pending_.append(bytes);
  if (!collecting_) flush();
}

void Connection::close_when_sent() {
  closing_ = true;
  if (collecting_) return;  // flush() follows
  flush();
}

void Connection::flush() {
  while (!pending_.empty()) {
    const auto count = write_some();
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) {
      // EPIPE, ECONNRESET: whatever was to be said, nobody hears it.
      report_closed();
      return;
    }
    pending_.erase(0, static_cast<std::size_t>(count));
  }
  if (closing_ && pending_.empty()) {
    report_closed();
    return;
  }
  update_interest();
}

void Connection::update_interest() {
  if (closed_) return;
  const bool full = !pending_.empty();
  std::uint32_t wanted =
      closing_ || pending_.size() > pending_limit ? 0U : static_cast<std::uint32_t>(EPOLLIN);
  if (full && !output_.valid()) wanted |= EPOLLOUT;
  if (watch_.active() && wanted != interest_) {
    watch_.events(triggered(wanted));
    interest_ = wanted;
  }
  if (!output_.valid()) return;
  if (full && !output_watch_.active()) {
    // EPOLLERR of a pipe whose reader has gone comes here too, and the write then fails.
    auto watch = reactor_.watch(out_, EPOLLOUT, [this](std::uint32_t) { flush(); });
    if (watch) output_watch_ = std::move(*watch);
  } else if (!full) {
    output_watch_.reset();
  }
}

void Connection::report_closed() {
  if (closed_) return;
  // Told later: the owner may be in the middle of a send() and destroys this object when it hears of it.
  closed_ = true;
  pending_.clear();
  watch_.reset();
  output_watch_.reset();
  reactor_.defer([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) owner_.on_closed();
  });
}

Result<Fd> open_device(const std::string& path) {
  Fd device(::open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (!device.valid()) return base::fail_errno("Could not open remote device " + path);
  termios settings{};
  if (::tcgetattr(device.get(), &settings) != 0) {
    return fail(Errc::invalid, fmt::format("Could not open remote device {}: not a terminal.", path));
  }
  ::cfmakeraw(&settings);
  settings.c_cflag |= CLOCAL;  // no modem: carrier does not matter
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  if (::tcsetattr(device.get(), TCSANOW, &settings) != 0) {
    return base::fail_errno("Could not open remote device " + path);
  }
  return device;
}

}  // namespace cotrace::server
