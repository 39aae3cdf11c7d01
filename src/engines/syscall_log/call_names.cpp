// The names of the calls, from the tables that the build makes of the kernel's headers <asm/unistd_64.h> and
// <asm/unistd_32.h> (cmake/SyscallNames.cmake).
#include <algorithm>
#include <array>
#include <span>

#include "engines/syscall_log/calls.h"

namespace cotrace::engines::syscall_log {

namespace {

struct NumberedCall {
  std::uint64_t number;
  std::string_view name;
};

constexpr NumberedCall native_calls[] = {
#include <call_names_64.inc>
};
constexpr NumberedCall compat_calls[] = {
#include <call_names_32.inc>
};

std::span<const NumberedCall> calls_of(CallTable table) {
  return table == CallTable::native ? std::span<const NumberedCall>(native_calls)
                                    : std::span<const NumberedCall>(compat_calls);
}

}  // namespace

std::string_view call_name(CallTable table, std::uint64_t number) {
  const auto calls = calls_of(table);
  const auto at = std::ranges::lower_bound(calls, number, {}, &NumberedCall::number);
  return at != calls.end() && at->number == number ? at->name : std::string_view{};
}

std::optional<std::uint64_t> call_number(CallTable table, std::string_view name) {
  const auto calls = calls_of(table);
  const auto at = std::ranges::find(calls, name, &NumberedCall::name);
  return at == calls.end() ? std::nullopt : std::optional(at->number);
}

std::uint64_t call_limit(CallTable table) {
  return calls_of(table).back().number + 1;
}

}  // namespace cotrace::engines::syscall_log
