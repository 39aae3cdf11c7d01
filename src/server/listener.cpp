#include "server/listener.h"

#include <cerrno>
#include <chrono>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

#include "base/errno_error.h"
#include "server/peer.h"

namespace cotrace::server {
namespace {

// How long to wait for a free descriptor. The connection stays in the queue, and epoll would report it
// without end.
constexpr std::chrono::seconds retry_delay{1};

}  // namespace

Result<> Listener::start() {
  if (auto listening = sockets_.listen(); !listening) return listening;
  for (const auto& socket : sockets_.sockets()) {
    const int fd = socket.get();
    auto watch = reactor_.watch(fd, EPOLLIN, [this, fd](std::uint32_t) { accept_one(fd); });
    if (!watch) return std::unexpected(watch.error());
    watches_.push_back(std::move(*watch));
  }
  return {};
}

void Listener::set_interest(std::uint32_t events) {
  for (auto& watch : watches_) watch.events(events);
}

void Listener::pause() {
  paused_ = true;
  set_interest(0);
}

void Listener::resume() {
  paused_ = false;
  set_interest(EPOLLIN);
}

void Listener::close() {
  retry_.reset();
  watches_.clear();
  sockets_.close();
}

void Listener::accept_one(int listening) {
  // Both sockets of a pair may have been ready in one round, and the first connection may have paused us.
  if (paused_) return;
  SocketAddress from;
  from.length = sizeof from.storage;
  base::Fd socket(::accept4(listening, reinterpret_cast<sockaddr*>(&from.storage), &from.length,
                            SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.valid()) {
    if (errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != ENOBUFS) return;
    const auto error = base::errno_error(errno, "accept");
    set_interest(0);
    retry_ = reactor_.at(base::Reactor::Clock::now() + retry_delay, [this] {
      if (!paused_) set_interest(EPOLLIN);
    });
    owner_.on_refused({}, error);
    return;
  }
  // Refused by closing: a peer that may not talk to us is not told why, our own terminal is.
  const auto peer = name_of(from);
  if (const auto allowed = check_peer(socket.get()); !allowed) {
    owner_.on_refused(peer, allowed.error());
    return;
  }
  const int on = 1;
  // A debugger's packets are small and each waits for its answer: Nagle's delay would be added to every one.
  // Fails on a Unix socket, which has no such delay.
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  owner_.on_connection(std::move(socket), peer);
}

}  // namespace cotrace::server
