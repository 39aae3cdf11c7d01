// Binary data within packets: '}' followed by the byte ^ 0x20.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace cotrace::rsp {

struct Escaped {
  std::string text;
  std::size_t consumed;  // how many of the bytes `text` holds
};

// As many of the bytes as fit into `limit` characters when escaped. '$', '#', '}' and '*' are escaped: the
// last one because a reply's '*' is the sign of a run length to gdb, whether or not the server uses those.
Escaped escape_binary(std::span<const std::byte> bytes, std::size_t limit);

// Undoes the escapes. A '}' at the end stays as it is.
std::string unescape(std::string_view text);

}  // namespace cotrace::rsp
