#include "server/sockets.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fmt/format.h>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <optional>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/errno_error.h"

namespace cotrace::server {
namespace {

using base::Fd;

// Clients that wait while gdbserver's manners allow one at a time.
constexpr int backlog = 16;
// With port 0 the second socket must get the port that the kernel picked for the first, which may be taken
// there.
constexpr int port_tries = 32;

template <class T>
SocketAddress from(const T& address) {
  SocketAddress result;
  std::memcpy(&result.storage, &address, sizeof address);
  result.length = sizeof address;
  return result;
}

SocketAddress v4(in_addr_t address, std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  result.sin_addr.s_addr = htonl(address);
  return from(result);
}

SocketAddress v6(const in6_addr& address, std::uint16_t port) {
  sockaddr_in6 result{};
  result.sin6_family = AF_INET6;
  result.sin6_port = htons(port);
  result.sin6_addr = address;
  return from(result);
}

std::uint16_t port_of(const SocketAddress& address) {
  if (address.storage.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
  }
  if (address.storage.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_port);
  }
  return 0;
}

void set_port(SocketAddress& address, std::uint16_t port) {
  if (address.storage.ss_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port = htons(port);
  }
}

int family_number(TcpAddress::Family family) {
  switch (family) {
    case TcpAddress::Family::v4:
      return AF_INET;
    case TcpAddress::Family::v6:
      return AF_INET6;
    case TcpAddress::Family::any:
      break;
  }
  return AF_UNSPEC;
}

// Both families of an address that has one in each.
std::vector<SocketAddress> both(const TcpAddress& address, const in6_addr& six, in_addr_t four) {
  std::vector<SocketAddress> result;
  if (address.family != TcpAddress::Family::v4) result.push_back(v6(six, address.port));
  if (address.family != TcpAddress::Family::v6) result.push_back(v4(four, address.port));
  return result;
}

Error bind_error(int sys_errno) {
  return {Errc::system, sys_errno, fmt::format("Can't bind address: {}.", std::strerror(sys_errno))};
}

Result<Fd> bound_socket(const SocketAddress& address) {
  Fd socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return std::unexpected(bind_error(errno));
  const int on = 1;
  // Without it the port of a server that has just ended stays taken for a minute (TIME_WAIT, tcp(7)).
  if (address.storage.ss_family != AF_UNIX) {
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  // An IPv6 wildcard would otherwise take IPv4 along, and the IPv4 socket beside it could not be bound.
  if (address.storage.ss_family == AF_INET6) {
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (::bind(socket.get(), address.get(), address.length) != 0) return std::unexpected(bind_error(errno));
  return socket;
}

// A machine without IPv6 (or without IPv4) is no failure as long as one of the addresses can be had.
bool family_missing(int sys_errno) {
  return sys_errno == EAFNOSUPPORT || sys_errno == EADDRNOTAVAIL;
}

struct Bound {
  std::vector<Fd> sockets;
  std::uint16_t port{0};
};

Result<Bound> bind_all(std::vector<SocketAddress> addresses) {
  Bound bound;
  std::optional<Error> missing;
  for (auto& address : addresses) {
    if (bound.port != 0) set_port(address, bound.port);
    auto socket = bound_socket(address);
    if (!socket) {
      if (!family_missing(socket.error().sys_errno)) return std::unexpected(socket.error());
      missing = socket.error();
      continue;
    }
    if (bound.port == 0) {
      // The first socket's port is the one that all get.
      const auto local = local_address(socket->get());
      if (!local) return std::unexpected(local.error());
      bound.port = port_of(*local);
    }
    bound.sockets.push_back(std::move(*socket));
  }
  if (bound.sockets.empty()) return std::unexpected(missing ? *missing : bind_error(EADDRNOTAVAIL));
  return bound;
}

// Nobody accepts at the other end of a socket file whose server has died. connect(2) says the same of a plain
// file.
bool abandoned(const std::string& path, const SocketAddress& address) {
  struct stat file{};
  if (::lstat(path.c_str(), &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return probe.valid() && ::connect(probe.get(), address.get(), address.length) != 0 && errno == ECONNREFUSED;
}

SocketAddress unix_address(const UnixAddress& address) {
  sockaddr_un result{};
  result.sun_family = AF_UNIX;
  std::memcpy(result.sun_path, address.path.data(),
              std::min(address.path.size(), sizeof result.sun_path - 1));
  return from(result);
}

}  // namespace

SocketAddress abstract_address(const std::string& name) {
  sockaddr_un result{};
  result.sun_family = AF_UNIX;
  const auto length = std::min(name.size(), sizeof result.sun_path - 1);
  std::memcpy(result.sun_path + 1, name.data(), length);
  auto address = from(result);
  // The rest would be part of the name.
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
  return address;
}

Result<std::vector<SocketAddress>> resolve(const TcpAddress& address) {
  if (address.host.empty() || address.host == "localhost") {
    return both(address, in6addr_loopback, INADDR_LOOPBACK);
  }
  if (address.host == "*") return both(address, in6addr_any, INADDR_ANY);
  addrinfo hints{};
  hints.ai_family = family_number(address.family);
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int failed = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &list);
  if (failed != 0) {
    return fail(Errc::not_found,
                fmt::format("{}: cannot resolve name: {}", to_string(address),
                            failed == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(failed)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  std::vector<SocketAddress> result;
  for (const auto* entry = list; entry != nullptr; entry = entry->ai_next) {
    SocketAddress found;
    std::memcpy(&found.storage, entry->ai_addr, entry->ai_addrlen);
    found.length = entry->ai_addrlen;
    result.push_back(found);
  }
  return result;
}

Result<ListeningSockets> ListeningSockets::bind(const std::vector<SocketAddress>& addresses) {
  const bool any_port = !addresses.empty() && port_of(addresses.front()) == 0;
  auto bound = bind_all(addresses);
  for (int i = 1; !bound && any_port && bound.error().sys_errno == EADDRINUSE && i < port_tries; ++i) {
    bound = bind_all(addresses);
  }
  if (!bound) return std::unexpected(bound.error());
  ListeningSockets result;
  result.sockets_ = std::move(bound->sockets);
  result.port_ = bound->port;
  return result;
}

Result<ListeningSockets> ListeningSockets::bind(const UnixAddress& address) {
  const auto where = unix_address(address);
  // The file must never be open to others, not for a moment: the mode is set by the mask, not by a later
  // chmod.
  const auto mask = ::umask(0077);
  auto socket = bound_socket(where);
  if (!socket && socket.error().sys_errno == EADDRINUSE && abandoned(address.path, where)) {
    ::unlink(address.path.c_str());
    socket = bound_socket(where);
  }
  ::umask(mask);
  if (!socket) return std::unexpected(socket.error());
  ListeningSockets result;
  struct stat file{};
  if (::lstat(address.path.c_str(), &file) != 0) return base::fail_errno(address.path);
  result.path_ = address.path;
  result.device_ = file.st_dev;
  result.inode_ = file.st_ino;
  result.sockets_.push_back(std::move(*socket));
  return result;
}

Result<ListeningSockets> ListeningSockets::bind_abstract(const std::string& name) {
  auto socket = bound_socket(abstract_address(name));
  if (!socket) return std::unexpected(socket.error());
  ListeningSockets result;
  result.sockets_.push_back(std::move(*socket));
  return result;
}

ListeningSockets::ListeningSockets(ListeningSockets&& other) noexcept
    : sockets_(std::move(other.sockets_)),
      port_(other.port_),
      path_(std::exchange(other.path_, {})),
      device_(other.device_),
      inode_(other.inode_) {}

ListeningSockets& ListeningSockets::operator=(ListeningSockets&& other) noexcept {
  if (this != &other) {
    close();
    sockets_ = std::move(other.sockets_);
    port_ = other.port_;
    path_ = std::exchange(other.path_, {});
    device_ = other.device_;
    inode_ = other.inode_;
  }
  return *this;
}

ListeningSockets::~ListeningSockets() {
  close();
}

void ListeningSockets::close() {
  sockets_.clear();
  if (path_.empty()) return;
  // A server that took the path over meanwhile (abandoned() above) has made a file of its own.
  struct stat file{};
  if (::lstat(path_.c_str(), &file) == 0 && file.st_dev == device_ && file.st_ino == inode_) {
    ::unlink(path_.c_str());
  }
  path_.clear();
}

Result<> ListeningSockets::listen() {
  for (const auto& socket : sockets_) {
    if (::listen(socket.get(), backlog) != 0) {
      const int failed = errno;
      return std::unexpected(
          Error{Errc::system, failed, fmt::format("Can't listen on socket: {}.", std::strerror(failed))});
    }
  }
  return {};
}

PeerName name_of(const SocketAddress& address) {
  if (address.storage.ss_family != AF_INET && address.storage.ss_family != AF_INET6) return {};
  char host[NI_MAXHOST] = "";
  ::getnameinfo(address.get(), address.length, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
  return {host, port_of(address)};
}

Result<SocketAddress> local_address(int socket) {
  SocketAddress result;
  result.length = sizeof result.storage;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&result.storage), &result.length) != 0) {
    return base::fail_errno("getsockname");
  }
  return result;
}

bool is_socket(int fd) {
  struct stat file{};
  return ::fstat(fd, &file) == 0 && S_ISSOCK(file.st_mode);
}

Result<SocketAddress> peer_address(int socket) {
  SocketAddress result;
  result.length = sizeof result.storage;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&result.storage), &result.length) != 0) {
    return base::fail_errno("getpeername");
  }
  return result;
}

}  // namespace cotrace::server
