#include "engines/syscall_log/socket_values.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstddef>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <span>
#include <sys/socket.h>
#include <sys/un.h>

#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/flag_tables.h"
#include "engines/syscall_log/io_vectors.h"
#include "engines/syscall_log/names.h"
#include "engines/syscall_log/text.h"

namespace cotrace::engines::syscall_log {

namespace {

template <class Type>
Type as(std::string_view bytes) {
  Type out{};
  const auto known = std::as_bytes(std::span(bytes)).first(std::min(sizeof out, bytes.size()));
  std::ranges::copy(known, std::as_writable_bytes(std::span(&out, 1)).begin());
  return out;
}

std::string unix_text(std::string_view bytes) {
  std::string_view path = bytes.substr(std::min(bytes.size(), offsetof(sockaddr_un, sun_path)));
  if (path.empty()) return "";
  // In the abstract namespace NUL is a byte like others (unix(7)).
  if (path.front() == '\0') return ", sun_path=@" + quoted(path.substr(1));
  return ", sun_path=" + quoted(path.substr(0, path.find('\0')));
}

std::string inet_text(std::string_view bytes) {
  const auto address = as<sockaddr_in>(bytes);
  char text[INET_ADDRSTRLEN];
  ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
  return fmt::format(", sin_port=htons({}), sin_addr=inet_addr(\"{}\")", ntohs(address.sin_port), text);
}

std::string inet6_text(std::string_view bytes) {
  const auto address = as<sockaddr_in6>(bytes);
  char text[INET6_ADDRSTRLEN];
  ::inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof text);
  return fmt::format(
      ", sin6_port=htons({}), sin6_flowinfo=htonl({}), inet_pton(AF_INET6, \"{}\", &sin6_addr), "
      "sin6_scope_id={}",
      ntohs(address.sin6_port), ntohl(address.sin6_flowinfo), text, address.sin6_scope_id);
}

std::string netlink_text(std::string_view bytes) {
  const auto address = as<sockaddr_nl>(bytes);
  return fmt::format(", nl_pid={}, nl_groups={}", static_cast<std::int32_t>(address.nl_pid),
                     address.nl_groups == 0 ? "00000000" : fmt::format("{:#08x}", address.nl_groups));
}

std::string packet_text(std::string_view bytes) {
  const auto address = as<sockaddr_ll>(bytes);
  return fmt::format(", sll_protocol=htons({:#x}), sll_ifindex={}", ntohs(address.sll_protocol),
                     address.sll_ifindex);
}

std::string descriptors_text(Printer& to, std::string_view data) {
  std::string out;
  for (std::size_t at = 0; at + sizeof(int) <= data.size(); at += sizeof(int)) {
    if (at != 0) out += ", ";
    out += descriptor_text(to, as<int>(data.substr(at)));
  }
  return out;
}

std::string control_text(Printer& to, const cmsghdr& head, std::string_view data) {
  auto out = fmt::format("{{cmsg_len={}, cmsg_level={}, cmsg_type=", head.cmsg_len,
                         value_text(option_levels, static_cast<std::uint32_t>(head.cmsg_level)));
  const auto type = static_cast<std::uint32_t>(head.cmsg_type);
  if (head.cmsg_level != SOL_SOCKET) return out + fmt::format("{:#x}, cmsg_data={}}}", type, quoted(data));
  out += value_text(control_types, type);
  if (type == SCM_RIGHTS) return out + fmt::format(", cmsg_data=[{}]}}", descriptors_text(to, data));
  if (type == SCM_CREDENTIALS) {
    const auto who = as<ucred>(data);
    return out + fmt::format(", cmsg_data={{pid={}, uid={}, gid={}}}}}", who.pid, who.uid, who.gid);
  }
  return out + fmt::format(", cmsg_data={}}}", quoted(data));
}

std::string controls_text(Printer& to, std::uint64_t address, std::uint64_t length) {
  constexpr std::uint64_t most = 1 << 16;
  std::string bytes(std::min(length, most), '\0');
  if (to.read(address, std::as_writable_bytes(std::span(bytes))) != bytes.size())
    return address_text(address);
  std::string out = "[";
  for (std::size_t at = 0; at + sizeof(cmsghdr) <= bytes.size();) {
    const auto head = as<cmsghdr>(std::string_view(bytes).substr(at));
    if (head.cmsg_len < sizeof head) break;
    if (at != 0) out += ", ";
    out +=
        control_text(to, head, std::string_view(bytes).substr(at + sizeof head, head.cmsg_len - sizeof head));
    at += CMSG_ALIGN(head.cmsg_len);
  }
  return out + "]";
}

std::uint64_t number_of(const void* pointer) {
  return reinterpret_cast<std::uint64_t>(pointer);
}

}  // namespace

std::string socket_address_text(Printer& to, std::uint64_t address, std::uint64_t length) {
  if (address == 0) return "NULL";
  std::string bytes(std::min<std::uint64_t>(length, sizeof(sockaddr_storage)), '\0');
  if (bytes.size() < sizeof(sa_family_t) ||
      to.read(address, std::as_writable_bytes(std::span(bytes))) != bytes.size())
    return address_text(address);
  const auto family = as<sa_family_t>(bytes);
  std::string rest;
  switch (family) {
    case AF_UNIX:
      rest = unix_text(bytes);
      break;
    case AF_INET:
      rest = inet_text(bytes);
      break;
    case AF_INET6:
      rest = inet6_text(bytes);
      break;
    case AF_NETLINK:
      rest = netlink_text(bytes);
      break;
    case AF_PACKET:
      rest = packet_text(bytes);
      break;
    default:
      if (bytes.size() > sizeof family)
        rest = ", sa_data=" + quoted(std::string_view(bytes).substr(sizeof family));
      break;
  }
  return fmt::format("{{sa_family={}{}}}", value_text(address_families, family), rest);
}

std::uint32_t message_name_length(Printer& to, std::uint64_t address) {
  const auto message = to.read<msghdr>(address);
  return message ? message->msg_namelen : 0;
}

std::string message_text(Printer& to, std::uint64_t address, std::uint64_t length, bool received,
                         std::uint64_t name_room) {
  const auto message = to.read<msghdr>(address);
  if (!message) return address_text(address);
  std::string name = "NULL";
  if (message->msg_name != nullptr) {
    name = received && message->msg_namelen == 0
               ? address_text(number_of(message->msg_name))
               : socket_address_text(to, number_of(message->msg_name), message->msg_namelen);
  }
  auto out = fmt::format("{{msg_name={}, msg_namelen=", name);
  if (received && name_room != message->msg_namelen) out += fmt::format("{} => ", name_room);
  out += fmt::format("{}, msg_iov={}, msg_iovlen={}", message->msg_namelen,
                     vectors_text(to, number_of(message->msg_iov), message->msg_iovlen, length),
                     message->msg_iovlen);
  if (message->msg_controllen != 0)
    out += ", msg_control=" + controls_text(to, number_of(message->msg_control), message->msg_controllen);
  return out + fmt::format(", msg_controllen={}, msg_flags={}}}", message->msg_controllen,
                           flags_text(message_flags, static_cast<std::uint32_t>(message->msg_flags)));
}

}  // namespace cotrace::engines::syscall_log
