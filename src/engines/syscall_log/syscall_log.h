// A log of system calls, in strace's format: `cotrace trace`.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include <cotrace/ids.h>

#include "engines/job.h"
#include "engines/syscall_log/filter.h"
#include "engines/syscall_log/lines.h"
#include "engines/syscall_log/printer.h"

namespace cotrace::engines {

struct SyscallLogOptions {
  // Threads and processes that are made by those that are traced, too (-f). Without it, of a process that is
  // joined only the leader is traced.
  bool follow{false};
  syscall_log::Filter filter;                                                    // -e, -z, -Z: parse_filter()
  enum class Counts : std::uint8_t { none, only, beside } counts{Counts::none};  // -c, -C
  bool call_times{false};                                                        // -T
  syscall_log::Timestamps timestamps{syscall_log::Timestamps::none};             // -t -tt -ttt -r
  syscall_log::Style::Descriptors descriptors{syscall_log::Style::Descriptors::numbers};  // -y, -yy
  std::size_t string_limit{32};                                                           // -s
  bool abbreviate{true};                                                                  // not with -v
  bool quiet{false};        // no notes on who is joined and left (-q)
  bool quiet_exits{false};  // no lines on ends either (-qq)
  // `always` is for a log with more than one process in a file (-f -o).
  syscall_log::Lines::Prefix prefix{syscall_log::Lines::Prefix::when_several};
  // Appends whole lines to stand below that of a call that has returned (-k). The task stands.
  std::function<void(TaskId, std::string& out)> stack;
};

std::unique_ptr<Job> make_syscall_log(const JobContext& context, SyscallLogOptions options);

}  // namespace cotrace::engines
