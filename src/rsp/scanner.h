// Reads the arguments of a packet from left to right. For the parsers of this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cotrace::rsp {

// Takes the arguments of a packet apart from the left. Its functions take something only when all of it is
// there, so a parse that fails in the middle has a well-defined rest. Does not own the text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  [[nodiscard]] bool done() const { return text_.empty(); }
  // Takes the character or the word if it is next.
  bool eat(char c);
  bool eat(std::string_view word);
  // A hexadecimal number of 1 to 16 digits, at most `max`. Nothing is taken if there is none.
  std::optional<std::uint64_t> number(std::uint64_t max = std::numeric_limits<std::uint64_t>::max());
  // What comes before the next `separator`, which is taken too; all of the rest if there is none.
  std::string_view until(char separator);
  // The next `count` characters, or nothing if there are fewer.
  std::optional<std::string_view> take(std::uint64_t count);
  // All that is left.
  std::string_view rest();

 private:
  std::string_view text_;
};

// Binary arguments as bytes.
std::vector<std::byte> to_bytes(std::string_view text);
// "0" or "1", nothing else.
std::optional<bool> parse_switch(std::string_view text);
// Pairs of digits that are text without a NUL: what goes to the system as a C string.
std::optional<std::string> parse_hex_text(std::string_view hex);
// All of it is a decimal number, as some of lldb's packets have them.
std::optional<std::uint32_t> parse_decimal(std::string_view text);
// For packets without arguments: an empty Packet, or nothing if there are some.
template <class Packet>
std::optional<Packet> parse_bare(std::string_view arguments) {
  if (!arguments.empty()) return std::nullopt;
  return Packet{};
}

}  // namespace cotrace::rsp
