#include "engines/syscall_log/names.h"

#include <algorithm>

namespace cotrace::engines::syscall_log {

namespace {

// Takes the bits that have names out of `value`.
std::string take_names(const Names& names, std::uint64_t& value) {
  std::string out;
  for (const auto& [bits, name] : names.all) {
    if (bits == 0 || (value & bits) != bits) continue;
    if (!out.empty()) out += '|';
    out += name;
    value &= ~bits;
  }
  return out;
}

std::string unnamed(const Names& names, std::uint64_t value) {
  return names.unknown.empty() ? fmt::format("{:#x}", value)
                               : fmt::format("{:#x} /* {} */", value, names.unknown);
}

}  // namespace

std::string_view Names::find(std::uint64_t value) const {
  const auto at = std::ranges::find(all, value, &Name::value);
  return at == all.end() ? std::string_view{} : at->name;
}

std::string flags_text(const Names& names, std::uint64_t value) {
  if (value == 0) {
    const auto zero = names.find(0);
    return zero.empty() ? "0" : std::string(zero);
  }
  std::string out = take_names(names, value);
  if (out.empty()) return unnamed(names, value);
  if (value != 0) out += fmt::format("|{:#x}", value);
  return out;
}

std::string more_flags_text(const Names& names, std::uint64_t value) {
  std::string out = take_names(names, value);
  if (!out.empty()) out.insert(0, 1, '|');
  if (value != 0) out += fmt::format("|{:#x}", value);
  return out;
}

std::string value_text(const Names& names, std::uint64_t value) {
  const auto name = names.find(value);
  return name.empty() ? unnamed(names, value) : std::string(name);
}

}  // namespace cotrace::engines::syscall_log
