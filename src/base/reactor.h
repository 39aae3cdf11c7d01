// The event loop: one thread, file descriptors, posted work, timers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <sys/epoll.h>

#include <cotrace/error.h>

namespace cotrace::base {

// Order within a round: descriptors that are ready, then timers that are due, then deferred and posted work,
// in the order of its arrival. Callbacks may do anything but block; they must not throw.
//
// One reactor belongs to one thread: the one that calls run() or run_once(). Everything but post() and stop()
// may be called on that thread only (or before it starts). Not copyable, nothing global: a process may have
// several.
class Reactor {
 public:
  using Clock = std::chrono::steady_clock;
  using Work = std::move_only_function<void()>;
  using Ready = std::function<void(std::uint32_t epoll_events)>;

  // Fails when the process is out of descriptors.
  static Result<std::unique_ptr<Reactor>> create();
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // A watched descriptor or timer; destroying it ends the watch. It may be destroyed from within its own
  // callback, and no callback comes after that. Must not outlive the reactor.
  class Watch {
   public:
    Watch() = default;
    Watch(Watch&&) noexcept;
    Watch& operator=(Watch&&) noexcept;
    ~Watch();
    // Changes which events are waited for (EPOLLIN, EPOLLOUT).
    void events(std::uint32_t epoll_events);
    [[nodiscard]] bool active() const;
    void reset();

   private:
    friend class Reactor;
    struct Entry;
    explicit Watch(std::shared_ptr<Entry> entry);
    std::shared_ptr<Entry> entry_;
  };

  // Level-triggered, or with EPOLLET among the events edge-triggered: then a call may also come without
  // cause. The descriptor stays the caller's and must stay open as long as the watch.
  [[nodiscard]] Result<Watch> watch(int fd, std::uint32_t epoll_events, Ready ready);
  // Calls once, not before `when`.
  [[nodiscard]] Watch at(Clock::time_point when, Work work);

  // Runs `work` on the reactor's thread, after what is running now. From any thread.
  void post(Work work);
  // The same from the reactor's own thread, without a system call.
  void defer(Work work);

  // Runs until stop().
  void run();
  // Waits for at least one event (at most `timeout`; negative: for ever) and handles all that are ready. True
  // if anything was handled; false also where a signal ended the wait early. May be called from within a
  // callback.
  bool run_once(std::chrono::milliseconds timeout);
  // Makes run() return once what is running now is done. From any thread.
  void stop();

  // False on every thread until run() or run_once() has been called for the first time.
  [[nodiscard]] bool on_own_thread() const;

 private:
  Reactor();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cotrace::base
