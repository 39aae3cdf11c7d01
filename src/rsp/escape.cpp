#include "rsp/escape.h"

namespace cotrace::rsp {

namespace {

constexpr char escape = '}';
constexpr char escape_mask = 0x20;

bool needs_escape(char c) {
  return c == '$' || c == '#' || c == escape || c == '*';
}

}  // namespace

Escaped escape_binary(std::span<const std::byte> bytes, std::size_t limit) {
  Escaped out{{}, 0};
  for (std::byte byte : bytes) {
    const char c = static_cast<char>(byte);
    const std::size_t width = needs_escape(c) ? 2 : 1;
    if (limit - out.text.size() < width) break;
    if (width == 2) {
      out.text += escape;
      out.text += static_cast<char>(c ^ escape_mask);
    } else {
      out.text += c;
    }
    ++out.consumed;
  }
  return out;
}

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == escape && i + 1 < text.size()) {
      out += static_cast<char>(text[++i] ^ escape_mask);
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace cotrace::rsp
