// Signals as the kernel keeps them: sets of 64, default actions, sending one with its siginfo.
#pragma once

#include <cstdint>
#include <initializer_list>

#include <cotrace/error.h>
#include <cotrace/event.h>
#include <cotrace/ids.h>

namespace cotrace::sys {

struct TaskStatus;

// The kernel's signal set: bit N-1 is signal N, 1..64. Other numbers are in no set and cannot be put into
// one.
class SigSet {
 public:
  constexpr SigSet() = default;
  constexpr explicit SigSet(std::uint64_t bits) : bits_(bits) {}
  constexpr SigSet(std::initializer_list<int> signals) {
    for (int signal : signals) bits_ |= bit(signal);
  }

  [[nodiscard]] constexpr bool has(int signal) const { return (bits_ & bit(signal)) != 0; }
  [[nodiscard]] constexpr SigSet with(int signal) const { return SigSet(bits_ | bit(signal)); }
  [[nodiscard]] constexpr SigSet without(int signal) const { return SigSet(bits_ & ~bit(signal)); }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr std::uint64_t bits() const { return bits_; }
  friend constexpr bool operator==(SigSet, SigSet) = default;

 private:
  static constexpr std::uint64_t bit(int signal) {
    return signal < 1 || signal > 64 ? 0 : std::uint64_t{1} << (signal - 1);
  }
  std::uint64_t bits_{0};
};

// What a process has inherited in the way of signals and hands on to the programs it starts (execve(2): the
// mask and the ignored signals pass through, caught ones become default).
struct SignalState {
  SigSet blocked;
  SigSet ignored;

  // Both are the kernel's own calls: sigaction(3) of glibc refuses 32 and 33, which it keeps for itself, and
  // a process may well have been started with those ignored (Launch.EveryIgnoredSignalCanBeTakenBack).

  // Of the calling thread, now. A server takes it first thing in main(), before it ignores SIGPIPE or blocks
  // SIGCHLD for itself.
  static SignalState current();
  // Dispositions first, mask last, so that no handler runs in between when all are blocked. For a forked
  // child that is about to exec: async-signal-safe, and caught signals become default.
  void take_effect() const;
};

// What becomes of the signal when the task gets it, by its /proc status: caught, ignored, or the default
// action of signal(7). Where the signal is blocked does not matter here. A number that is no signal is
// ignored.
SignalDisposition disposition_of(const TaskStatus& status, int signal);
// The default action alone (SIGCONT: ignored, as going on happens when it is sent, not when it is delivered).
SignalDisposition default_disposition(int signal);

// rt_tgsigqueueinfo(2): sends info.si_signo with this siginfo to one thread. The kernel lets nobody pose as
// itself: a code
// >= 0 or SI_TKILL is not_permitted unless the task is of the caller's own process.
Result<> queue_signal(Pid pid, Tid tid, const SigInfo& info);

}  // namespace cotrace::sys
