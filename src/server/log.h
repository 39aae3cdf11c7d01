// What the server does, for those who asked for it (-v, --debug): the one place that knows the logging
// library.
#pragma once

#include <cstdint>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "server/notices.h"

namespace cotrace::server {

enum class LogLevel : std::uint8_t { off, info, debug };

// Belongs to the reactor's thread. Nothing is formatted below the level.
class Log {
 public:
  // To the notices' terminal.
  explicit Log(Notices& notices);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // From now on to this file instead (appended to). False: it cannot be opened.
  bool to_file(const std::string& path);
  void set_level(LogLevel level) { level_ = level; }
  [[nodiscard]] LogLevel level() const { return level_; }
  void set_timestamps(bool on);
  [[nodiscard]] bool enabled(LogLevel level) const { return level <= level_ && level != LogLevel::off; }

  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(LogLevel::info)) write(fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(LogLevel::debug)) write(fmt::format(format, std::forward<Args>(args)...));
  }
  // Whatever the level.
  void write(std::string_view text);

 private:
  struct Sink;
  LogLevel level_{LogLevel::off};
  std::unique_ptr<Sink> sink_;
};

}  // namespace cotrace::server
