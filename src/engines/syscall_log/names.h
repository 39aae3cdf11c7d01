// Numbers that have names: flags that are or'ed together, and values of which there is one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engines/syscall_log/printer.h"

// The value of a macro or enumerator beside its own name.
#define COTRACE_NAMED(constant)                     \
  ::cotrace::engines::syscall_log::Name {           \
    static_cast<std::uint64_t>(constant), #constant \
  }

namespace cotrace::engines::syscall_log {

struct Name {
  std::uint64_t value;
  std::string_view name;
};

struct Names {
  std::span<const Name> all;
  std::string_view unknown;  // what stands in the comment beside a number without a name: "O_???"

  // Empty: it has none.
  [[nodiscard]] std::string_view find(std::uint64_t value) const;
};

// "A|B|0x80"; "0" for none, unless 0 itself has a name; "0x80 /* O_??? */" where no bit is known. Of several
// that fit, those that come first in the table, so names of several bits stand before those of the bits.
std::string flags_text(const Names& names, std::uint64_t value);
// "A", or "0x80 /* F_??? */".
std::string value_text(const Names& names, std::uint64_t value);
// The remaining flags behind something that has been printed already: "|A|B", or nothing for 0.
std::string more_flags_text(const Names& names, std::uint64_t value);

template <const Names& Table>
void print_flags(Printer& to, unsigned index) {
  to.text(flags_text(Table, static_cast<std::uint32_t>(to.call.args[index])));
}
template <const Names& Table>
void print_value(Printer& to, unsigned index) {
  to.text(value_text(Table, static_cast<std::uint32_t>(to.call.args[index])));
}

namespace words {
template <const Names& Table>
inline constexpr Argument flags{print_flags<Table>};
template <const Names& Table>
inline constexpr Argument value{print_value<Table>};
}  // namespace words

}  // namespace cotrace::engines::syscall_log
