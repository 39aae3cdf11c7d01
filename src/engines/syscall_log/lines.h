// The lines of the log. One may be open at a time: that of a call that has been entered. When another task
// has something to say meanwhile, it is broken off, and taken up again at the call's return.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <cotrace/ids.h>

namespace cotrace::engines {
class Output;
}

namespace cotrace::engines::syscall_log {

enum class Timestamps : std::uint8_t {
  none,
  seconds,       // 12:34:56 (-t)
  microseconds,  // 12:34:56.123456 (-tt)
  epoch,         // 1795305149.123456 (-ttt)
  relative,      // since the line before (-r)
};

class Lines {
 public:
  enum class Prefix : std::uint8_t {
    when_several,  // "[pid  4711] ", as long as more than one task is traced
    always,        // "4711 ", for a file that several processes write to
  };
  Lines(Output& output, Timestamps timestamps, Prefix prefix)
      : output_(output), timestamps_(timestamps), prefix_(prefix) {}

  void set_several(bool several) { several_ = several; }

  // A new line of this task; an open one is broken off.
  void begin(TaskId task, Tid shown);
  void add(std::string_view text);
  // Blanks up to the column where results stand.
  void pad();
  void end();
  // The task's own line is open.
  [[nodiscard]] bool open_for(TaskId task) const { return owner_ == task; }
  void break_off(std::string_view why = " <unfinished ...>");

 private:
  [[nodiscard]] std::string stamp();

  Output& output_;
  Timestamps timestamps_;
  Prefix prefix_;
  bool several_{false};
  std::optional<TaskId> owner_;
  std::size_t column_{0};
  std::optional<std::chrono::steady_clock::time_point> before_;
};

}  // namespace cotrace::engines::syscall_log
