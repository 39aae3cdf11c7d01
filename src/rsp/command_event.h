// Packets that choose what is reported.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rsp/signals.h"

namespace cotrace::rsp {

// Each of these lists replaces the one before.

// QPassSignals: delivered without a stop.
struct PassSignals {
  std::vector<GdbSignal> signals;
  static constexpr std::string_view name = "QPassSignals";
  static std::optional<PassSignals> parse(std::string_view arguments);
};

// QProgramSignals: the program may have them when it is let go.
struct ProgramSignals {
  std::vector<GdbSignal> signals;
  static constexpr std::string_view name = "QProgramSignals";
  static std::optional<ProgramSignals> parse(std::string_view arguments);
};

// QCatchSyscalls:0, :1, :1;number...
struct CatchSyscalls {
  bool on;
  std::vector<std::uint64_t> numbers;  // the target's own; `on` and none: all
  static constexpr std::string_view name = "QCatchSyscalls";
  static std::optional<CatchSyscalls> parse(std::string_view arguments);
};

}  // namespace cotrace::rsp
