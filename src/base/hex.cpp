#include "base/hex.h"

#include <array>
#include <bit>

namespace cotrace::base {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

// One entry a byte value: memory replies are the bulk of what a debug server sends, and a table lookup is
// twice as fast as comparing ranges.
constexpr auto digit_values = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < 10; ++i) values['0' + i] = static_cast<std::int8_t>(i);
  for (std::size_t i = 0; i < 6; ++i) {
    values['a' + i] = static_cast<std::int8_t>(10 + i);
    values['A' + i] = static_cast<std::int8_t>(10 + i);
  }
  return values;
}();

// Container of bytes or of characters from pairs of digits.
template <class Container>
std::optional<Container> decode(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  Container out;
  out.resize(hex.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_digit(hex[2 * i]);
    const int low = hex_digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out[i] = static_cast<typename Container::value_type>(high << 4 | low);
  }
  return out;
}

}  // namespace

int hex_digit(char c) {
  return digit_values[static_cast<unsigned char>(c)];
}

void append_hex(std::string& out, std::span<const std::byte> bytes) {
  std::size_t at = out.size();
  out.resize(at + 2 * bytes.size());
  for (std::byte b : bytes) {
    out[at++] = digits[std::to_integer<unsigned>(b) >> 4];
    out[at++] = digits[std::to_integer<unsigned>(b) & 15U];
  }
}

std::string to_hex(std::span<const std::byte> bytes) {
  std::string out;
  append_hex(out, bytes);
  return out;
}

std::string to_hex(std::string_view text) {
  return to_hex(std::as_bytes(std::span{text}));
}

void append_hex_number(std::string& out, std::uint64_t value) {
  int shift = value == 0 ? 0 : (63 - std::countl_zero(value)) / 4 * 4;
  for (; shift >= 0; shift -= 4) out += digits[(value >> shift) & 15U];
}

std::optional<std::vector<std::byte>> bytes_from_hex(std::string_view hex) {
  return decode<std::vector<std::byte>>(hex);
}

std::optional<std::string> text_from_hex(std::string_view hex) {
  return decode<std::string>(hex);
}

std::optional<std::uint64_t> number_from_hex(std::string_view hex) {
  if (hex.empty() || hex.size() > 16) return std::nullopt;
  std::uint64_t value = 0;
  for (char c : hex) {
    const int digit = hex_digit(c);
    if (digit < 0) return std::nullopt;
    value = value << 4 | static_cast<std::uint64_t>(digit);
  }
  return value;
}

}  // namespace cotrace::base
