// What is written down: the -e expressions of the command line.
#pragma once

#include <array>
#include <bitset>
#include <string>
#include <vector>

#include <cotrace/error.h>

#include "engines/syscall_log/calls.h"

namespace cotrace::engines::syscall_log {

// How a call may have ended.
enum class CallStatus : std::uint8_t { successful, failed, unfinished, unavailable, detached };
inline constexpr std::size_t call_statuses = 5;

class Filter {
 public:
  // Everything, nothing raw.
  Filter();

  [[nodiscard]] bool traces(CallTable table, std::uint64_t number) const;
  [[nodiscard]] bool raw(CallTable table, std::uint64_t number) const;
  [[nodiscard]] bool shows_signal(int signal) const;
  [[nodiscard]] bool shows(CallStatus status) const { return statuses_[static_cast<std::size_t>(status)]; }
  [[nodiscard]] bool shows_every_status() const { return statuses_.all(); }
  // -z and -Z.
  void show_only(CallStatus status) { statuses_.reset().set(static_cast<std::size_t>(status)); }

 private:
  friend Result<Filter> parse_filter(const std::vector<std::string>& expressions);
  // By number; what has a number beyond the known ones is traced where everything is.
  struct Calls {
    std::array<std::vector<bool>, 2> known;
    bool others{false};
    [[nodiscard]] bool has(CallTable table, std::uint64_t number) const;
  };
  static Result<Calls> parse_calls(std::string_view text);
  Result<> parse_signals(std::string_view text);
  Result<> parse_statuses(std::string_view text);
  Result<> parse(std::string_view expression);

  Calls traced_, raw_;
  std::bitset<65> signals_;
  std::bitset<call_statuses> statuses_;
};

// "trace=openat,%network", "!%memory", "/^get", "?statx", "signal=none", "status=failed", "raw=read", in the
// order in which they are given; a later one of the same kind replaces an earlier one. A bare SET means
// trace=SET. invalid, with the word that is not understood.
Result<Filter> parse_filter(const std::vector<std::string>& expressions);

}  // namespace cotrace::engines::syscall_log
