// How often each call was made, how often it failed, how long it took (-c).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace cotrace::engines::syscall_log {

class Summary {
 public:
  // The time is that between entry and return, sleep included, as strace -w has it: ptrace tells a tracer
  // nothing of the processor time of one call.
  void count(const std::string& call, std::chrono::nanoseconds time, bool failed);
  // The table, most time first.
  [[nodiscard]] std::string text() const;

 private:
  struct Row {
    std::chrono::nanoseconds time{0};
    std::uint64_t calls{0};
    std::uint64_t errors{0};
  };
  std::map<std::string, Row> rows_;
};

}  // namespace cotrace::engines::syscall_log
