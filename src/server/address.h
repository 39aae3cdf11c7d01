// Where a server listens: what a person writes, taken apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include <cotrace/error.h>

namespace cotrace::server {

// HOST:PORT. Which addresses a host stands for is decided when the sockets are opened (sockets.h).
struct TcpAddress {
  enum class Family : std::uint8_t { any, v4, v6 };
  Family family{Family::any};
  std::string host;       // empty: loopback; "*": every interface
  std::uint16_t port{0};  // 0: the kernel picks one
  friend bool operator==(const TcpAddress&, const TcpAddress&) = default;
};

// unix:PATH
struct UnixAddress {
  std::string path;
  friend bool operator==(const UnixAddress&, const UnixAddress&) = default;
};

// `-` or `stdio`: this process's standard input and output are the connection.
struct StdioAddress {
  friend bool operator==(const StdioAddress&, const StdioAddress&) = default;
};

// A terminal device, by an absolute path.
struct DeviceAddress {
  std::string path;
  friend bool operator==(const DeviceAddress&, const DeviceAddress&) = default;
};

using Address = std::variant<TcpAddress, UnixAddress, StdioAddress, DeviceAddress>;

// Forms: HOST:PORT, :PORT, *:PORT, [IPV6]:PORT, IPV6:PORT (the last colon splits, so `::1:2350` is host
// `::1`), each also after `tcp:`, `tcp4:` or `tcp6:`; unix:PATH; `-`, `stdio`; /dev/NAME. Anything else is
// invalid; the text says what is wrong.
Result<Address> parse_address(std::string_view text);

// As parse_address reads it.
std::string to_string(const Address& address);

}  // namespace cotrace::server
