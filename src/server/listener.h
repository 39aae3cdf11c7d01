// Accepting clients.
#pragma once

#include <vector>

#include <cotrace/error.h>

#include "base/fd.h"
#include "base/reactor.h"
#include "server/sockets.h"

namespace cotrace::server {

// Called on the reactor's thread; may pause, resume or close the listener.
class ListenerOwner {
 public:
  virtual ~ListenerOwner() = default;
  // A peer that may connect (peer.h). The socket is non-blocking.
  virtual void on_connection(base::Fd socket, const PeerName& peer) = 0;
  virtual void on_refused(const PeerName& peer, const Error& why) = 0;
};

// Who may not connect (peer.h) is turned away here, before a byte of the protocol is read.
class Listener {
 public:
  Listener(base::Reactor& reactor, ListeningSockets sockets, ListenerOwner& owner)
      : reactor_(reactor), owner_(owner), sockets_(std::move(sockets)) {}

  // Opens the door: from now on connections come.
  Result<> start();
  // Who connects meanwhile waits in the kernel's queue.
  void pause();
  void resume();
  // Nobody can connect any more.
  void close();
  [[nodiscard]] const ListeningSockets& sockets() const { return sockets_; }

 private:
  void accept_one(int socket);
  void set_interest(std::uint32_t events);

  base::Reactor& reactor_;
  ListenerOwner& owner_;
  ListeningSockets sockets_;
  std::vector<base::Reactor::Watch> watches_;
  base::Reactor::Watch retry_;
  bool paused_{false};
};

}  // namespace cotrace::server
