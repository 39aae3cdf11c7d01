// Text on its way out, to a terminal, a pipe, a file or a socket, without ever blocking.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/reactor.h"

namespace cotrace::server {

// Belongs to the reactor's thread. Bytes that the kernel does not take are kept, as many as there are:
// whoever writes looks at pending(). When the reader is gone, everything is dropped.
class Outflow {
 public:
  // `fd` stays the caller's, and open as long as this lives. The reactor must not watch it otherwise: epoll
  // takes a descriptor once.
  Outflow(base::Reactor& reactor, int fd);
  ~Outflow();
  Outflow(const Outflow&) = delete;
  Outflow& operator=(const Outflow&) = delete;

  // Written with what else this round of the reactor brings, in one call.
  void add(std::string_view bytes);
  // What is kept is written now, as far as that goes without waiting.
  void flush();
  // The same, waiting for the reader until then: for the end, when the reactor runs no more. True if all is
  // gone.
  bool drain(std::chrono::steady_clock::time_point until);

  [[nodiscard]] std::size_t pending() const { return pending_.size() - written_; }
  [[nodiscard]] bool broken() const { return broken_; }
  // Called each time that all has been written of what a flush had to leave; and when the reader has gone.
  void when_drained(std::function<void()> drained) { drained_ = std::move(drained); }

 private:
  [[nodiscard]] int fd() const { return own_.valid() ? own_.get() : given_; }
  [[nodiscard]] ssize_t write_some(std::string_view bytes) const;
  void write_all();

  base::Reactor& reactor_;
  int given_;
  base::Fd own_;  // a second open of the same pipe or terminal, which may be non-blocking without anybody
                  // noticing
  bool socket_{false};
  base::Reactor::Watch watch_;  // while the reader is slow
  std::string pending_;
  std::size_t written_{0};  // of pending_
  bool flush_soon_{false};
  bool broken_{false};
  std::function<void()> drained_;
  // Work deferred to the reactor outlives this object when it is destroyed first; it looks here.
  std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

}  // namespace cotrace::server
