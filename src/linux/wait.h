// Wait statuses: where they come from. What they mean is decided in trace/decode.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/ids.h>

namespace cotrace::sys {

// One status as waitpid(2) gives it.
struct WaitStatus {
  Tid tid;
  int status{0};
};

// The two ways to ask the kernel; an interface so that unit tests can inject statuses.
class WaitCalls {
 public:
  virtual ~WaitCalls() = default;
  // wait4(tid, WNOHANG | __WALL): constant time however many tasks are traced.
  virtual std::optional<WaitStatus> wait_one(Tid tid) = 0;
  // waitpid(-1, WNOHANG | __WALL | __WNOTHREAD): looks at every task of this thread, newest first.
  virtual std::optional<WaitStatus> wait_any() = 0;
};

std::unique_ptr<WaitCalls> kernel_wait_calls();

}  // namespace cotrace::sys
