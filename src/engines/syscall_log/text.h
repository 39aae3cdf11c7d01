// Strings of the traced program, quoted as in C.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "engines/syscall_log/printer.h"

namespace cotrace::engines::syscall_log {

// With the quotes. What is not printable is octal, as short as what follows allows.
std::string quoted(std::string_view bytes);
// Every byte as \x12.
std::string quoted_hexadecimal(std::string_view bytes);

// "NULL", or hexadecimal.
std::string address_text(std::uint64_t address);

// `length` bytes at the address, or as many as the limit on strings allows, with dots behind them if there
// are more. The address where there is nothing to be read.
std::string bytes_text(Printer& to, std::uint64_t address, std::uint64_t length);
// Up to its NUL; within the limit on strings, or (a path) whole.
std::string string_text(Printer& to, std::uint64_t address);
std::string path_text(Printer& to, std::uint64_t address);
// A NUL-terminated array of pointers to strings: ["a", "b"].
std::string string_array_text(Printer& to, std::uint64_t address);
// 0x7ffd... /* 23 vars */, or the array.
std::string environment_text(Printer& to, std::uint64_t address);

// Elements of `Type` behind one another: [1, 2, 3], with dots in place of those beyond the limit on strings.
// `element` turns one into text.
template <class Type, class Element>
std::string array_text(Printer& to, std::uint64_t address, std::uint64_t count, Element element) {
  if (address == 0) return "NULL";
  if (count == 0) return "[]";
  std::string out = "[";
  for (std::uint64_t at = 0; at < count; ++at) {
    const auto item = to.read<Type>(address + at * sizeof(Type));
    if (!item && at == 0) return address_text(address);
    if (at != 0) out += ", ";
    if (!item) return out + fmt::format("... /* {:#x} */]", address + at * sizeof(Type));
    if (to.style().abbreviate && at >= to.style().string_limit) return out + "...]";
    out += element(*item);
  }
  return out + "]";
}

}  // namespace cotrace::engines::syscall_log
