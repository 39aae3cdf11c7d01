// A file descriptor with one owner.
#pragma once

#include <unistd.h>
#include <utility>

namespace cotrace::base {

// Closes on destruction. Moving leaves the source without one (-1).
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { close(); }

  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  // close(2) frees the descriptor even when it reports EINTR on Linux, so it is never tried twice.
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  explicit operator bool() const = delete;  // "is it open" and "is it 0" are too easily confused

 private:
  int fd_{-1};
};

}  // namespace cotrace::base
