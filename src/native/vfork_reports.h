// When a client that steps displaced may be told of a vfork.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include <cotrace/ids.h>

#include "base/reactor.h"
#include "native/client.h"

namespace cotrace::native {

// Told of a vfork in non-stop, gdb stops all threads of the parent until the child has called exec or has
// ended. A thread that it was just about to get past a breakpoint by a displaced step (ScratchCode), and that
// had not stepped yet, goes back into its queue of threads to be stepped so; and when the child's end comes,
// gdb, where it keeps the child, resumes every thread of the parent, those of that queue too, and ends with
// an internal error (gdb 13.1, infrun.c: proceed, "!thread_is_in_step_over_chain"; tests/gdb, follow_vfork_mt
// with detach-on-fork off in non-stop).
//
// So a vfork is not told before each other thread of the parent runs in the client's eyes, and what else
// befalls them comes behind it; only the ends of steps and what was asked for are told, for gdb waits for
// those. A user may let a thread stand: where the client has done nothing for some while, the vfork is told
// all the same. And it is told at once to a client that let go of the child of the last one.
class VforkReports {
 public:
  // `again`: to try once more what was to wait.
  VforkReports(Client& client, std::function<void()> again) : client_(client), again_(std::move(again)) {}

  // One round of handing over. The threads with a stop pending are asked about in their order.
  void begin_round() { parents_.clear(); }
  [[nodiscard]] bool waits(const Thread& thread);
  void end_round();

  // The client has resumed something.
  void resumed();
  // It has been told of a stop.
  void told() { active_at_ = Clock::now(); }
  // It has resumed the child of a vfork, or detached from it.
  void child(bool kept) { keeps_children_ = kept; }

 private:
  using Clock = base::Reactor::Clock;

  [[nodiscard]] Clock::time_point patience_ends() const;
  void look_again();

  Client& client_;
  std::function<void()> again_;
  std::set<Pid> parents_;                   // with a vfork that waits, in this round
  std::optional<Clock::time_point> since_;  // when the first of them began to wait
  Clock::time_point active_at_{};
  bool keeps_children_{true};
  bool given_up_{false};
  base::Reactor::Watch timer_;
};

}  // namespace cotrace::native
