// The format strings of the printf instruction, which the client chose: taken apart here, never given to
// printf(3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <cotrace/error.h>

namespace cotrace::ax {

// Most characters of one string that %s reads, and of one whole output; the rest is cut.
inline constexpr std::size_t max_string = 4096;
inline constexpr std::size_t max_output = 16384;

class Format {
 public:
  // As in C source: escapes (\n, \t, \", \\, \a, \b, \e, \f, \r, \v, \NNN octal) are still there, gdb sends
  // them so. Conversions: d i u o x X c s p %, with flags, width, precision, and the lengths hh h l ll z j t.
  // Floating point, %n and '*' are refused.
  static Result<Format> parse(std::string_view text);

  [[nodiscard]] std::size_t argument_count() const;

  // Reads the text at an address (at most max_string bytes, up to a NUL); nothing if it cannot be read.
  using ReadString = std::function<std::optional<std::string>(std::uint64_t address)>;
  // At least argument_count() arguments. A string that cannot be read is replaced by a remark: the other
  // values are still worth printing.
  [[nodiscard]] std::string render(std::span<const std::uint64_t> arguments,
                                   const ReadString& read_string) const;

  struct Conversion {
    char letter{};
    bool left{false}, plus{false}, space{false}, alternate{false}, zero{false};
    std::size_t width{0};
    std::optional<std::size_t> precision;
    unsigned bits{32};  // of an integer argument
  };

 private:
  std::vector<std::variant<std::string, Conversion>> pieces_;
};

}  // namespace cotrace::ax
