// Where the text of a job goes: to descriptors of this process, or to a command that asked for it.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/reactor.h"
#include "server/frames.h"
#include "server/jobs.h"
#include "server/lines.h"
#include "server/outflow.h"

namespace cotrace::server {

// A job of this process's own command line.
class LocalOutlet final : public JobOutlet {
 public:
  // `fd`: what is written to; it stays the caller's.
  LocalOutlet(base::Reactor& reactor, int fd, Lines& lines) : out_(reactor, fd), lines_(lines) {}

  void write(std::string_view bytes) override { out_.add(bytes); }
  // What was written before is seen before.
  void note(std::string_view line) override;
  [[nodiscard]] bool full() const override;
  void when_drained(std::function<void()> drained) override { out_.when_drained(std::move(drained)); }
  // Nobody reads any more.
  [[nodiscard]] bool broken() const { return out_.broken(); }
  // At the end, when the reactor runs no more: waits for a slow reader.
  void drain(std::chrono::steady_clock::time_point until) { (void)out_.drain(until); }

 private:
  Outflow out_;
  Lines& lines_;
};

// A job for somebody at the other end of a connection.
class RemoteOutlet final : public JobOutlet {
 public:
  // A descriptor of its own for the socket, see Outflow.
  RemoteOutlet(base::Reactor& reactor, base::Fd socket)
      : socket_(std::move(socket)), out_(reactor, socket_.get()) {}

  void write(std::string_view bytes) override;
  void note(std::string_view line) override { say(FrameKind::note, line); }
  [[nodiscard]] bool full() const override;
  void when_drained(std::function<void()> drained) override;
  void say(FrameKind kind, std::string_view text) { out_.add(encode(kind, text)); }
  void flush() { out_.flush(); }

  // Everything that was said has been taken by the kernel, or there is nobody to take it.
  [[nodiscard]] bool empty() const { return out_.pending() == 0; }
  // Called when it is.
  void when_empty(std::function<void()> emptied);

 private:
  void tell_drained();
  base::Fd socket_;
  Outflow out_;
  std::function<void()> drained_;
  std::function<void()> emptied_;
};

}  // namespace cotrace::server
