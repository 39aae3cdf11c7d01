#include "server/peer.h"

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <netinet/in.h>
#include <vector>

#include "base/errno_error.h"
#include "server/tcp_diag.h"

namespace cotrace::server {
namespace {

// An address as the tables write it: 32-bit words of the raw address in the machine's byte order, then the
// port, in upper-case hex.
std::string table_key(const SocketAddress& address, bool as_v6) {
  std::array<std::uint32_t, 4> words{};
  std::size_t count = 1;
  unsigned port = 0;
  if (address.storage.ss_family == AF_INET6) {
    const auto* six = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    std::memcpy(words.data(), &six->sin6_addr, sizeof six->sin6_addr);
    count = 4;
    port = ntohs(six->sin6_port);
  } else {
    const auto* four = reinterpret_cast<const sockaddr_in*>(&address.storage);
    port = ntohs(four->sin_port);
    if (as_v6) {
      // ::ffff:a.b.c.d, the form in which an IPv6 socket talks to an IPv4 address.
      words = {0, 0, htonl(0xffff), four->sin_addr.s_addr};
      count = 4;
    } else {
      words[0] = four->sin_addr.s_addr;
    }
  }
  std::string key;
  for (std::size_t i = 0; i < count; ++i) key += fmt::format("{:08X}", words[i]);
  return key + fmt::format(":{:04X}", port);
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(' ', at)) != std::string_view::npos) {
    const auto end = std::min(line.find(' ', at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

template <class T>
std::optional<T> decimal(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<uid_t> uid_in(std::string_view table, const std::string& local, const std::string& remote) {
  // sl local remote st tx:rx tr:when retrnsmt uid timeout inode ...
  constexpr std::size_t local_column = 1, remote_column = 2, uid_column = 7, inode_column = 9;
  while (!table.empty()) {
    const auto end = std::min(table.find('\n'), table.size());
    const auto words = words_of(table.substr(0, end));
    table.remove_prefix(std::min(end + 1, table.size()));
    if (words.size() <= inode_column || words[local_column] != local || words[remote_column] != remote)
      continue;
    // A socket that its process has closed already is shown with uid 0 and inode 0, whoever owned it: taking
    // that for root would let anybody in who closes quickly.
    if (decimal<std::uint64_t>(words[inode_column]).value_or(0) == 0) continue;
    return decimal<uid_t>(words[uid_column]);
  }
  return std::nullopt;
}

std::string contents(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_loopback(const SocketAddress& address) {
  if (address.storage.ss_family == AF_INET6) {
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_addr);
  }
  const auto* four = reinterpret_cast<const sockaddr_in*>(&address.storage);
  return address.storage.ss_family == AF_INET && (ntohl(four->sin_addr.s_addr) >> 24) == 127;
}

Result<> verdict(uid_t peer) {
  if (may_connect(peer, ::geteuid())) return {};
  return fail(Errc::not_permitted,
              fmt::format("the peer is user {}, this server serves user {} and root", peer, ::geteuid()));
}

Result<> check_unix_peer(int socket) {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
    return base::fail_errno("SO_PEERCRED");
  return verdict(peer.uid);
}

}  // namespace

std::optional<uid_t> find_tcp_peer_uid(std::string_view table, const SocketAddress& local,
                                       const SocketAddress& remote) {
  // The peer's own line: its local address is our remote one.
  if (const auto uid = uid_in(table, table_key(remote, false), table_key(local, false))) return uid;
  return uid_in(table, table_key(remote, true), table_key(local, true));
}

Result<> check_peer(int socket) {
  const auto local = local_address(socket);
  if (!local) return std::unexpected(local.error());
  if (local->storage.ss_family == AF_UNIX) return check_unix_peer(socket);
  const auto remote = peer_address(socket);
  if (!remote) return std::unexpected(remote.error());
  const auto known = tcp_peer_uid(*local, *remote);
  if (known && *known) return verdict(**known);
  // Where the kernel cannot be asked (no tcp_diag, a sandbox), its tables are read.
  if (!known) {
    for (const char* path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
      if (const auto uid = find_tcp_peer_uid(contents(path), *local, *remote)) return verdict(*uid);
    }
  }
  if (!is_loopback(*remote)) return {};
  return fail(Errc::not_permitted, "the peer is on this machine, but its user cannot be found");
}

bool may_connect(uid_t peer, uid_t own) {
  return peer == own || peer == 0;
}

}  // namespace cotrace::server
