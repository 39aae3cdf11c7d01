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

// A status that is there to be taken.
struct ReadyTask {
  Tid tid;
  bool is_ptrace_stop{
      false};  // CLD_TRAPPED; else an end, or the job-control stop of a child that is not traced
};

// How the kernel is asked; an interface so that unit tests can inject statuses.
class WaitCalls {
 public:
  virtual ~WaitCalls() = default;
  // wait4(tid, WNOHANG | __WALL): constant time however many tasks are traced.
  virtual std::optional<WaitStatus> wait_one(Tid tid) = 0;
  // waitid(P_ALL, WNOHANG | WNOWAIT | __WALL | __WNOTHREAD): looks at every task of this thread, newest
  // first, and takes nothing: it may be a child that this process has for purposes of its own.
  virtual std::optional<ReadyTask> peek() = 0;
  // The calling thread is its tracer; a zombie still has one. False if it is gone.
  virtual bool traced_here(Tid tid) = 0;
};

std::unique_ptr<WaitCalls> kernel_wait_calls();

}  // namespace cotrace::sys
