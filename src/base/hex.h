// Hexadecimal, as the remote protocol and /proc write it: lower case, two digits a byte, no prefix.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cotrace::base {

void append_hex(std::string& out, std::span<const std::byte> bytes);
std::string to_hex(std::span<const std::byte> bytes);
std::string to_hex(std::string_view text);
// Without leading zeros; 0 is "0".
void append_hex_number(std::string& out, std::uint64_t value);

// Digits are read in either case. An odd number of digits or a character that is no digit: nothing.
std::optional<std::vector<std::byte>> bytes_from_hex(std::string_view hex);
std::optional<std::string> text_from_hex(std::string_view hex);
// 1 to 16 digits, nothing else.
std::optional<std::uint64_t> number_from_hex(std::string_view hex);
// Value of one digit, or -1.
int hex_digit(char c);

}  // namespace cotrace::base
