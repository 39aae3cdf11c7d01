// Listening sockets: resolving, binding, listening, and naming those who connect.
#pragma once

#include <cstdint>
#include <string>
#include <sys/socket.h>
#include <vector>

#include <cotrace/error.h>

#include "base/fd.h"
#include "server/address.h"

namespace cotrace::server {

// A socket address of any family.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length{0};
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// What the address stands for. A named host is all of its own addresses and no other; none, or `localhost`,
// is both loopback addresses (gdb tries ::1 first, then 127.0.0.1); `*` is every interface. not_found:
// "HOST:PORT: cannot resolve name: WHY".
Result<std::vector<SocketAddress>> resolve(const TcpAddress& address);

// A set of sockets that are one address to the outside, with the same port. Removes the file of a Unix socket
// when it goes, if the file is still its own.
class ListeningSockets {
 public:
  // Bound, but nobody can connect yet. The text of a failure begins as gdbserver's: "Can't bind address:
  // REASON." A file that a dead server left at a Unix socket's path is replaced; a living one's is not.
  static Result<ListeningSockets> bind(const std::vector<SocketAddress>& addresses);
  static Result<ListeningSockets> bind(const UnixAddress& address);
  // A Unix socket in the abstract namespace (unix(7)), which has no file and no mode: whoever listens must
  // look at the peer. The name without its leading NUL.
  static Result<ListeningSockets> bind_abstract(const std::string& name);

  ListeningSockets(ListeningSockets&&) noexcept;
  ListeningSockets& operator=(ListeningSockets&&) noexcept;
  ~ListeningSockets();

  // From now on clients can connect. "Can't listen on socket: REASON."
  Result<> listen();
  [[nodiscard]] const std::vector<base::Fd>& sockets() const { return sockets_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }       // TCP only, else 0
  [[nodiscard]] const std::string& path() const { return path_; }  // Unix only, else empty
  void close();

 private:
  ListeningSockets() = default;
  std::vector<base::Fd> sockets_;
  std::uint16_t port_{0};
  std::string path_;
  dev_t device_{
      0};  // of the socket file: a file that somebody else put there meanwhile is not ours to remove
  ino_t inode_{0};
};

// "192.0.2.1" and 4711; a Unix peer has no name: the empty string and 0.
struct PeerName {
  std::string host;
  std::uint16_t port{0};
};
PeerName name_of(const SocketAddress& address);

// The address of an abstract Unix socket; a name that is too long is cut.
SocketAddress abstract_address(const std::string& name);
bool is_socket(int fd);
Result<SocketAddress> local_address(int socket);
Result<SocketAddress> peer_address(int socket);

}  // namespace cotrace::server
