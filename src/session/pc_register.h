// Which of a target's registers is the program counter.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "session/target.h"

namespace cotrace::session {

// The number of the first register of these names.
template <std::size_t Count>
std::optional<int> register_named(const RegisterSet& set, const std::array<std::string_view, Count>& names) {
  const auto field = std::ranges::find_if(
      set.fields, [&](const RegisterField& f) { return std::ranges::find(names, f.name) != names.end(); });
  if (field == set.fields.end()) return std::nullopt;
  return static_cast<int>(field - set.fields.begin());
}

inline std::optional<int> pc_register(const RegisterSet& set) {
  return register_named(set, std::array<std::string_view, 3>{"rip", "eip", "pc"});
}

}  // namespace cotrace::session
