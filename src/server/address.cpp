#include "server/address.h"

#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <sys/un.h>

namespace cotrace::server {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

Result<Address> parse_tcp(std::string_view whole, std::string_view text, TcpAddress::Family family) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return fail(Errc::invalid, fmt::format("{}: the port is missing; write HOST:PORT", whole));
  }
  auto host = text.substr(0, colon);
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) {
      return fail(Errc::invalid, fmt::format("{}: write an IPv6 address as [ADDRESS]:PORT", whole));
    }
    host = host.substr(1, host.size() - 2);
    family = TcpAddress::Family::v6;
  }
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) {
    return fail(Errc::invalid, fmt::format("{}: the port must be a number from 0 to 65535", whole));
  }
  return TcpAddress{family, std::string(host), *port};
}

Result<Address> parse_unix(std::string_view whole, std::string_view path) {
  // sun_path holds 108 bytes with the final zero (unix(7)); a longer name would be cut silently by careless
  // code.
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
    return fail(Errc::invalid, fmt::format("{}: the path of a Unix socket has 1 to {} bytes", whole,
                                           sizeof(sockaddr_un::sun_path) - 1));
  }
  return UnixAddress{std::string(path)};
}

}  // namespace

Result<Address> parse_address(std::string_view text) {
  if (text == "-" || text == "stdio") return StdioAddress{};
  if (text.starts_with("unix:")) return parse_unix(text, text.substr(5));
  if (text.starts_with("tcp:")) return parse_tcp(text, text.substr(4), TcpAddress::Family::any);
  if (text.starts_with("tcp4:")) return parse_tcp(text, text.substr(5), TcpAddress::Family::v4);
  if (text.starts_with("tcp6:")) return parse_tcp(text, text.substr(5), TcpAddress::Family::v6);
  if (text.starts_with("/dev/")) return DeviceAddress{std::string(text)};
  if (text.starts_with('/')) {
    return fail(Errc::invalid, fmt::format("{0}: not a device; for a Unix socket write unix:{0}", text));
  }
  if (text.find(':') == std::string_view::npos) {
    return fail(Errc::invalid,
                fmt::format("{}: not an address; write HOST:PORT, unix:PATH, stdio or /dev/NAME", text));
  }
  return parse_tcp(text, text, TcpAddress::Family::any);
}

namespace {

struct Print {
  std::string operator()(const TcpAddress& a) const {
    const bool bracket = a.host.find(':') != std::string::npos;
    std::string_view family;
    if (a.family == TcpAddress::Family::v4) family = "tcp4:";
    if (a.family == TcpAddress::Family::v6 && !bracket) family = "tcp6:";
    return bracket ? fmt::format("{}[{}]:{}", family, a.host, a.port)
                   : fmt::format("{}{}:{}", family, a.host, a.port);
  }
  std::string operator()(const UnixAddress& a) const { return "unix:" + a.path; }
  std::string operator()(const StdioAddress&) const { return "stdio"; }
  std::string operator()(const DeviceAddress& a) const { return a.path; }
};

}  // namespace

std::string to_string(const Address& address) {
  return std::visit(Print{}, address);
}

}  // namespace cotrace::server
