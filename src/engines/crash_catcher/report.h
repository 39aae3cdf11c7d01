// Reports of crashes as text and as JSON.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engines/crash_catcher/crash.h"

namespace cotrace::engines {

// A process that died of a signal that could not be seen before.
struct UnseenDeath {
  std::uint64_t number{0};
  std::time_t date{0};
  Pid process;
  CrashProgram program;
  ExitStatus status;
};

struct CoreResult {
  std::uint64_t number{0};
  Pid process;
  std::string path;
  std::uint64_t bytes{0};
  std::string error;  // empty: it is complete
};

struct Outcome {
  std::uint64_t number{0};
  Pid process;
  bool died{false};  // of the signal that was reported
  std::string text;
};

class ReportFormat {
 public:
  virtual ~ReportFormat() = default;
  // Whole lines.
  [[nodiscard]] virtual std::string of(const Crash& crash) const = 0;
  [[nodiscard]] virtual std::string of(const UnseenDeath& death) const = 0;
  [[nodiscard]] virtual std::string of(const CoreResult& core) const = 0;
  [[nodiscard]] virtual std::string of(const Outcome& outcome) const = 0;
};

std::unique_ptr<ReportFormat> make_text_report();
std::unique_ptr<ReportFormat> make_json_report();

// "2024-05-01T12:34:56Z"
std::string shown_date(std::time_t date);

}  // namespace cotrace::engines
