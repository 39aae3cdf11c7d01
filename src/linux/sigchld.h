// SIGCHLD as a descriptor: the reactor's word that some task has something to be waited for.
#pragma once

#include <optional>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "base/fd.h"

namespace cotrace::sys {

// Blocks SIGCHLD in the calling thread and owns a signalfd for it. It must be blocked in every other thread
// as well (make this before starting them), or one of those takes the signal.
//
// SIGCHLD is a plain signal: while one is pending, further ones are dropped. One readable descriptor stands
// for any number of changes, and what drain() returns is a hint at the first of them.
class ChildSignals {
 public:
  static Result<ChildSignals> create();
  ChildSignals(ChildSignals&&) noexcept = default;
  ChildSignals& operator=(ChildSignals&&) = delete;
  ChildSignals(const ChildSignals&) = delete;
  ChildSignals& operator=(const ChildSignals&) = delete;
  // Unblocks SIGCHLD again if it was not blocked before; to be destroyed on the thread that created it.
  ~ChildSignals();

  // Readable when a child has changed. Never blocks.
  [[nodiscard]] int fd() const { return fd_.get(); }
  // Takes the pending signal with one read(2). The task whose change raised it, if the kernel named one; it
  // may be one that the caller does not trace. Nothing also where no signal was pending.
  std::optional<Tid> drain();

 private:
  explicit ChildSignals(base::Fd fd, bool unblock) : fd_(std::move(fd)), unblock_(unblock) {}
  base::Fd fd_;
  bool unblock_;
};

}  // namespace cotrace::sys
