#include "server/tcp_diag.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <span>
#include <sys/socket.h>
#include <unistd.h>

#include "base/errno_error.h"
#include "base/fd.h"

namespace cotrace::server {
namespace {

struct Request {
  nlmsghdr header{};
  inet_diag_req_v2 what{};
};

void put(const SocketAddress& address, std::uint32_t (&words)[4], std::uint16_t& port) {
  if (address.storage.ss_family == AF_INET6) {
    const auto* six = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    std::memcpy(words, &six->sin6_addr, sizeof six->sin6_addr);
    port = six->sin6_port;
  } else {
    const auto* four = reinterpret_cast<const sockaddr_in*>(&address.storage);
    words[0] = four->sin_addr.s_addr;
    port = four->sin_port;
  }
}

// Not a dump: the one socket with these addresses. A client's IPv6 socket that talks to an IPv4 address is
// found by its IPv4 addresses too.
Request request_for(const SocketAddress& local, const SocketAddress& remote) {
  Request request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.what.sdiag_family = static_cast<std::uint8_t>(remote.storage.ss_family);
  request.what.sdiag_protocol = IPPROTO_TCP;
  request.what.idiag_states = ~0U;
  put(remote, request.what.id.idiag_src, request.what.id.idiag_sport);
  put(local, request.what.id.idiag_dst, request.what.id.idiag_dport);
  request.what.id.idiag_cookie[0] = request.what.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return request;
}

Result<std::optional<uid_t>> uid_in(std::span<const std::byte> answer) {
  const auto unreadable = [] { return fail(Errc::invalid, "sock_diag: an answer that cannot be read"); };
  nlmsghdr header{};
  if (answer.size() < sizeof header) return unreadable();
  std::memcpy(&header, answer.data(), sizeof header);
  const auto body = answer.subspan(NLMSG_HDRLEN);
  if (header.nlmsg_type == NLMSG_ERROR) {
    nlmsgerr error{};
    if (body.size() < sizeof error.error) return unreadable();
    std::memcpy(&error.error, body.data(), sizeof error.error);
    if (error.error == -ENOENT) return std::nullopt;
    return std::unexpected(base::errno_error(-error.error, "sock_diag"));
  }
  inet_diag_msg found{};
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || body.size() < sizeof found) return unreadable();
  std::memcpy(&found, body.data(), sizeof found);
  // Without a connection the kernel looks for somebody who listens at the peer's port. And a socket that its
  // process has closed has no owner: uid 0 there is not root.
  if (found.idiag_state == TCP_LISTEN || found.idiag_inode == 0) return std::nullopt;
  return found.idiag_uid;
}

}  // namespace

Result<std::optional<uid_t>> tcp_peer_uid(const SocketAddress& local, const SocketAddress& remote) {
  const base::Fd socket(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!socket.valid()) return base::fail_errno("sock_diag");
  const Request request = request_for(local, remote);
  if (::send(socket.get(), &request, sizeof request, 0) != static_cast<ssize_t>(sizeof request))
    return base::fail_errno("sock_diag");
  // The answer is there when send() returns: the kernel makes it within that call.
  alignas(nlmsghdr) std::array<std::byte, 4096> answer;
  const auto count = ::recv(socket.get(), answer.data(), answer.size(), MSG_DONTWAIT);
  if (count < 0) return base::fail_errno("sock_diag");
  return uid_in(std::span(answer).first(static_cast<std::size_t>(count)));
}

}  // namespace cotrace::server
