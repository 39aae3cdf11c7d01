// Lines for the person at the terminal, on standard error.
//
// A terminal or pipe that nobody reads gets full, and writing to it blocks. The server must go on serving, so
// lines that the kernel does not take are kept for a while, and dropped when there are too many.
#pragma once

#include <string>
#include <string_view>

#include "base/reactor.h"
#include "server/outflow.h"

namespace cotrace::server {

// Belongs to the reactor's thread.
class Notices {
 public:
  // `fd`: where to write, usually 2; it stays the caller's.
  Notices(base::Reactor& reactor, int fd) : out_(reactor, fd) {}
  Notices(const Notices&) = delete;
  Notices& operator=(const Notices&) = delete;

  // Adds the line end.
  void line(std::string_view text);
  [[nodiscard]] std::size_t dropped() const { return dropped_; }

 private:
  Outflow out_;
  std::size_t dropped_{0};
};

}  // namespace cotrace::server
