#include "linux/wait.h"

#include <sys/wait.h>
#include <unistd.h>

#include "linux/proc.h"

namespace cotrace::sys {

namespace {

class KernelWaitCalls final : public WaitCalls {
 public:
  std::optional<WaitStatus> wait_one(Tid tid) override {
    // 0 and negative numbers mean sets of children to waitpid(2); they name no task.
    if (tid.value <= 0) return std::nullopt;
    return wait(tid.value, WNOHANG | __WALL);
  }

  std::optional<ReadyTask> peek() override {
    // si_pid stays 0 where nothing is ready: waitid(2) returns 0 then, too. __WALL for threads; __WNOTHREAD
    // since other threads of this process may trace, or have children, of their own.
    siginfo_t info{};
    constexpr int options = WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL | __WNOTHREAD;
    if (::waitid(P_ALL, 0, &info, options) != 0 || info.si_pid == 0) return std::nullopt;
    return ReadyTask{Tid{info.si_pid}, info.si_code == CLD_TRAPPED};
  }

  bool traced_here(Tid tid) override {
    const auto status = task_status(tid);
    return status && status->tracer == Tid{::gettid()};
  }

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
