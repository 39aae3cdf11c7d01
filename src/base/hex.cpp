#include "base/hex.h"

#include <array>
#include <bit>
#include <cstring>

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

// Both digits of each byte value.
constexpr auto digit_pairs = [] {
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {digits[i >> 4], digits[i & 15U]};
  return pairs;
}();

int value_of(char digit) {
  return digit_values[static_cast<unsigned char>(digit)];
}

// Container of bytes or of characters from pairs of digits.
template <class Container>
std::optional<Container> decode(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  Container out;
  out.resize(hex.size() / 2);
  int all = 0;  // negative once one of them is no digit
  auto* to = out.data();
  const char* from = hex.data();
  for (const char* end = from + hex.size(); from != end; from += 2) {
    const int byte = value_of(from[0]) << 4 | value_of(from[1]);
    all |= byte;
    *to++ = static_cast<typename Container::value_type>(byte);
  }
  if (all < 0) return std::nullopt;
  return out;
}

}  // namespace

int hex_digit(char c) {
  return value_of(c);
}

void append_hex(std::string& out, std::span<const std::byte> bytes) {
  const std::size_t at = out.size();
  out.resize(at + 2 * bytes.size());
  char* to = out.data() + at;
  for (std::byte b : bytes) {
    std::memcpy(to, digit_pairs[std::to_integer<std::size_t>(b)].data(), 2);
    to += 2;
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
    const int digit = value_of(c);
    if (digit < 0) return std::nullopt;
    value = value << 4 | static_cast<std::uint64_t>(digit);
  }
  return value;
}

}  // namespace cotrace::base
