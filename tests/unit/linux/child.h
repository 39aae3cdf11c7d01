// Children for the tests of linux/: forked, waited for without sleeping, never left behind.
#pragma once

#include <csignal>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <cotrace/ids.h>

#include "base/fd.h"
#include "linux/ptrace.h"

namespace cotrace::sys::test {

// A forked process that runs `body` and exits with its result; killed and reaped at the latest by the
// destructor. Where `body` calls ready(), the constructor returns only then.
class Child {
 public:
  using Body = std::function<int(const std::function<void()>& ready)>;

  explicit Child(const Body& body) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("pipe");
    base::Fd read_end(ends[0]);
    base::Fd write_end(ends[1]);
    pid_ = ::fork();
    if (pid_ == 0) {
      read_end.close();
      ::_exit(body([&] { write_end.close(); }));
    }
    write_end.close();
    char c = 0;
    // End of file: ready, or dead already.
    [[maybe_unused]] const auto got = ::read(read_end.get(), &c, 1);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG | __WALL) < 0) return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, &status, __WALL) == pid_ && WIFSTOPPED(status)) {
      ::ptrace(PTRACE_CONT, pid_, nullptr, nullptr);
    }
  }

  [[nodiscard]] Tid tid() const { return Tid{pid_}; }
  [[nodiscard]] Pid pid() const { return Pid{pid_}; }

 private:
  pid_t pid_;
};

// Does nothing until a signal ends it.
inline int pause_for_ever(const std::function<void()>& ready) {
  ready();
  while (true) ::pause();
}

// The next status of a task, as waitpid(2) gives it.
inline int next_status(Tid tid) {
  int status = 0;
  EXPECT_EQ(::waitpid(tid.value, &status, __WALL), tid.value);
  return status;
}

// Waits until there is a status, and leaves it there.
inline void await_status(Tid tid) {
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(tid.value), &info, WEXITED | WSTOPPED | WNOWAIT | __WALL), 0);
}

// Seizes a task and stops it.
inline StoppedTask seized_and_stopped(Tid tid, std::uint32_t options = 0) {
  EXPECT_TRUE(seize(tid, options));
  EXPECT_TRUE(interrupt(tid));
  EXPECT_EQ(next_status(tid) >> 8, SIGTRAP | PTRACE_EVENT_STOP << 8);
  return StoppedTask(tid);
}

// Runs `body` in a process of user and group 65534 without capabilities (this one's user where it is not
// root), and returns the text it gives.
inline std::string as_ordinary_user(const std::function<std::string()>& body) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  base::Fd read_end(ends[0]);
  base::Fd write_end(ends[1]);
  Child child([&](const auto& ready) {
    constexpr unsigned nobody = 65534;
    if (::getuid() == 0 && (::setgid(nobody) != 0 || ::setuid(nobody) != 0)) return 1;
    const std::string text = body();
    const bool written =
        ::write(write_end.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ready();
    return written ? 0 : 1;
  });
  EXPECT_EQ(next_status(child.tid()), 0);
  write_end.close();
  std::string text(4096, '\0');
  const auto got = ::read(read_end.get(), text.data(), text.size());
  text.resize(static_cast<std::size_t>(got > 0 ? got : 0));
  return text;
}

}  // namespace cotrace::sys::test
