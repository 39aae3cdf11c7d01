// Small things that several tests of the server need.
#pragma once

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/reactor.h"
#include "server/sockets.h"

namespace cotrace::server::testing {

inline std::unique_ptr<base::Reactor> make_reactor() {
  auto reactor = base::Reactor::create();
  EXPECT_TRUE(reactor.has_value());
  return std::move(*reactor);
}

// Runs the loop until the condition holds; a test that waits longer than this has failed.
inline bool run_until(base::Reactor& reactor, const std::function<bool()>& condition) {
  const auto end = base::Reactor::Clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (base::Reactor::Clock::now() > end) return false;
    reactor.run_once(std::chrono::milliseconds(100));
  }
  return true;
}

// Handles what is ready now, and nothing that is still to come.
inline void run_ready(base::Reactor& reactor) {
  while (reactor.run_once(std::chrono::milliseconds(0))) {
  }
}

struct SocketPair {
  base::Fd ours, theirs;
};

inline SocketPair socket_pair() {
  int ends[2] = {-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  return {base::Fd(ends[0]), base::Fd(ends[1])};
}

inline SocketPair pipe_pair() {  // ours: read, theirs: write
  int ends[2] = {-1, -1};
  EXPECT_EQ(::pipe(ends), 0);
  return {base::Fd(ends[0]), base::Fd(ends[1])};
}

// All that can be read right now.
inline std::string read_now(int fd) {
  std::string text;
  std::array<char, 65536> buffer{};
  for (pollfd ready{fd, POLLIN, 0}; ::poll(&ready, 1, 0) == 1;) {
    const auto count = ::read(fd, buffer.data(), buffer.size());
    if (count <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return text;
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "cotrace-test-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline base::Fd connect_to(const SocketAddress& address) {
  base::Fd socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), address.get(), address.length) != 0) socket.close();
  return socket;
}

inline base::Fd connect_to_path(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  SocketAddress any;
  std::memcpy(&any.storage, &address, sizeof address);
  any.length = sizeof address;
  return connect_to(any);
}

}  // namespace cotrace::server::testing
