#include "linux/wait.h"

#include <sys/wait.h>

namespace cotrace::sys {

namespace {

class KernelWaitCalls final : public WaitCalls {
 public:
  std::optional<WaitStatus> wait_one(Tid tid) override {
    // 0 and negative numbers mean sets of children to waitpid(2); they name no task.
    if (tid.value <= 0) return std::nullopt;
    return wait(tid.value, WNOHANG | __WALL);
  }

  std::optional<WaitStatus> wait_any() override { return wait(-1, WNOHANG | __WALL | __WNOTHREAD); }

 private:
  // Nothing to report and nobody to wait for (ECHILD) are the same to the caller: no status.
  static std::optional<WaitStatus> wait(pid_t which, int options) {
    int status = 0;
    const pid_t tid = ::waitpid(which, &status, options);
    if (tid <= 0) return std::nullopt;
    return WaitStatus{Tid{tid}, status};
  }
};

}  // namespace

std::unique_ptr<WaitCalls> kernel_wait_calls() {
  return std::make_unique<KernelWaitCalls>();
}

}  // namespace cotrace::sys
