// Packets that make threads run or stop.
#pragma once

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include <cotrace/ids.h>

#include "rsp/signals.h"
#include "rsp/thread_id.h"

namespace cotrace::rsp {

// c [address]
struct Continue {
  std::optional<Addr> from;  // where to go on; nothing: where it stands. gdb does not send it.
  static constexpr std::string_view name = "c";
  static std::optional<Continue> parse(std::string_view arguments);
};

// C signal[;address]
struct ContinueWithSignal {
  GdbSignal signal;
  std::optional<Addr> from;
  static constexpr std::string_view name = "C";
  static std::optional<ContinueWithSignal> parse(std::string_view arguments);
};

// s [address]
struct Step {
  std::optional<Addr> from;
  static constexpr std::string_view name = "s";
  static std::optional<Step> parse(std::string_view arguments);
};

// S signal[;address]
struct StepWithSignal {
  GdbSignal signal;
  std::optional<Addr> from;
  static constexpr std::string_view name = "S";
  static std::optional<StepWithSignal> parse(std::string_view arguments);
};

// vCont
struct ResumeThreads {
  struct Go {
    GdbSignal signal;  // none: without
  };
  struct Step {
    GdbSignal signal;
  };
  // Step on while the pc is in [start, end); at least one step.
  struct RangeStep {
    Addr start, end;
  };
  struct Stop {};
  struct Item {
    std::variant<Go, Step, RangeStep, Stop> action;
    // Nothing: all threads that no item before names. gdb puts the item for all at the end.
    std::optional<ThreadId> who;
  };
  // At least one. The first item that matches a thread counts.
  std::vector<Item> items;
  static constexpr std::string_view name = "vCont";
  static std::optional<ResumeThreads> parse(std::string_view arguments);
};

struct ResumeSupported {
  static constexpr std::string_view name = "vCont?";
  static std::optional<ResumeSupported> parse(std::string_view arguments);
};

// vCtrlC: Ctrl-C in non-stop.
struct InterruptTarget {
  static constexpr std::string_view name = "vCtrlC";
  static std::optional<InterruptTarget> parse(std::string_view arguments);
};

// vStopped: the client has taken a stop and wants the next.
struct NextStop {
  static constexpr std::string_view name = "vStopped";
  static std::optional<NextStop> parse(std::string_view arguments);
};

}  // namespace cotrace::rsp
