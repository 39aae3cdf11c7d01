// From "the thread stands" to "the client has been told".
//
// Reports are handed over from the reactor, never from within a call of the session or of the core: the
// session may answer one by resuming the thread, and the verdict on the event must have been given by then.
#pragma once

#include <deque>
#include <functional>
#include <variant>

#include <cotrace/error.h>

#include "native/client.h"
#include "native/vfork_reports.h"

namespace cotrace::native {

class Reports {
 public:
  explicit Reports(Client& client) : client_(client), vforks_(client, [this] { schedule(); }) {}

  // The thread stands (or will, by the verdict now being given); the report comes later. One that is shown
  // stopped, or already has a report to hand over, keeps this one until the client has resumed it: gdb aborts
  // when a thread stops twice.
  void post(Thread& thread, session::StopReason reason);
  // Of something that no thread stands for: an exit.
  void post(session::StopReport report);
  // The client has resumed something.
  void resumed() { vforks_.resumed(); }
  // It has resumed the child of a vfork, or detached from it.
  void vfork_child(bool kept) { vforks_.child(kept); }
  // The client has asked for the stop that this thread has pending.
  void await(Thread& thread) {
    thread.awaited = true;
    schedule();
  }

  // --- halt ---
  void begin_halt() {
    halt_asked_ = true;
    schedule();
  }
  [[nodiscard]] bool halt_asked() const { return halt_asked_; }
  void halting(Thread& thread);
  // The thread stands and nothing is to be said about it.
  void halted(Thread& thread);
  // When everything stands for the next time, instead of on_halted().
  void when_halted(std::move_only_function<void()> done) { parked_ = std::move(done); }

  // Forgets what was to be told of a thread that is about to be removed from the view.
  void forget(Thread& thread);
  // Nothing that has not been handed over is of interest any more (the client has changed).
  void drop_undelivered();
  // The end of a process has still to be handed over.
  [[nodiscard]] bool end_on_its_way() const;

 private:
  using Item = std::variant<std::uint64_t, session::StopReport>;  // a thread's serial, or the whole report

  void schedule();
  void hand_over();
  void hand_over(Thread& thread);
  [[nodiscard]] bool waits(const Item& item);
  void tell(const session::StopReport& report);

  Client& client_;
  std::deque<Item> queue_;
  VforkReports vforks_;
  bool scheduled_{false};
  bool halt_asked_{false};
  std::size_t halting_{0};
  std::move_only_function<void()> parked_;
};

}  // namespace cotrace::native
