// Resuming, halting, interrupting: what the client asks of its threads.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "native/client.h"
#include "native/client_memory.h"
#include "native/points.h"
#include "native/reports.h"

namespace cotrace::native {

// The actions of one resume, so that the one for a thread is found in constant time however many name single
// threads.
class ActionTable {
 public:
  explicit ActionTable(std::span<const session::ThreadAction> actions);
  // The leftmost that matches.
  [[nodiscard]] const session::ThreadAction* find(session::ThreadRef thread) const;
  // Some action is for more than one thread.
  [[nodiscard]] bool wide() const { return !wide_.empty(); }

 private:
  std::span<const session::ThreadAction> actions_;
  std::unordered_map<Tid, std::size_t> single_;  // the leftmost for a thread that is named
  std::vector<std::size_t> wide_;
};

class Running {
 public:
  Running(Client& client, Reports& reports, NativePoints& points, ClientMemory& memory)
      : client_(client), reports_(reports), points_(points), memory_(memory) {}

  void resume(std::span<const session::ThreadAction> actions);
  void halt();
  void begin_non_stop();
  void interrupt();
  void interrupt(Process& process);
  bool still_true(const session::StopReport& report);
  void withdraw(const session::StopReport& report);

 private:
  void apply(Thread& thread, const session::ThreadAction& action);
  void run(Thread& thread, Wish wish, int signal);
  void stop(Thread& thread, bool everybody);
  void interrupt(Thread& thread);
  [[nodiscard]] bool hit_stands(Thread& thread, bool hardware);

  Client& client_;
  Reports& reports_;
  NativePoints& points_;
  ClientMemory& memory_;
};

// What becomes of the signal that the thread stands with (if it does), when the client resumes it with
// `signal` (0: with none).
trace::Control control_for(const Thread& thread, int signal);

}  // namespace cotrace::native
