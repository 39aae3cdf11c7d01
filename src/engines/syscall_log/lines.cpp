#include "engines/syscall_log/lines.h"

#include <ctime>
#include <fmt/format.h>

#include "engines/job.h"

namespace cotrace::engines::syscall_log {

namespace {

constexpr std::size_t result_column = 40;
constexpr long per_second = 1'000'000;

std::string clock_text(bool microseconds) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::tm parts{};
  ::localtime_r(&now.tv_sec, &parts);
  const auto text = fmt::format("{:02}:{:02}:{:02}", parts.tm_hour, parts.tm_min, parts.tm_sec);
  return microseconds ? fmt::format("{}.{:06} ", text, now.tv_nsec / 1000) : text + " ";
}

}  // namespace

std::string Lines::stamp() {
  switch (timestamps_) {
    case Timestamps::none:
      return "";
    case Timestamps::seconds:
      return clock_text(false);
    case Timestamps::microseconds:
      return clock_text(true);
    case Timestamps::epoch: {
      timespec now{};
      ::clock_gettime(CLOCK_REALTIME, &now);
      return fmt::format("{}.{:06} ", now.tv_sec, now.tv_nsec / 1000);
    }
    case Timestamps::relative: {
      const auto now = std::chrono::steady_clock::now();
      const auto since =
          std::chrono::duration_cast<std::chrono::microseconds>(now - before_.value_or(now)).count();
      before_ = now;
      return fmt::format("{:6}.{:06} ", since / per_second, since % per_second);
    }
  }
  return "";
}

void Lines::begin(TaskId task, Tid shown) {
  if (owner_) break_off();
  owner_ = task;
  if (prefix_ == Prefix::always) {
    add(fmt::format("{:<5} ", shown.value));
  } else if (several_) {
    add(fmt::format("[pid {:>5}] ", shown.value));
  }
  add(stamp());
}

void Lines::add(std::string_view text) {
  output_.write(text);
  column_ += text.size();
}

void Lines::pad() {
  if (column_ < result_column) add(std::string(result_column - column_, ' '));
}

void Lines::end() {
  output_.write("\n");
  owner_.reset();
  column_ = 0;
}

void Lines::break_off(std::string_view why) {
  add(why);
  end();
}

}  // namespace cotrace::engines::syscall_log
