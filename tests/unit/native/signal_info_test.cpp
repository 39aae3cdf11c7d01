#include "native/signal_info.h"

#include <cstring>
#include <gtest/gtest.h>

namespace cotrace::native {
namespace {

std::uint32_t word(const std::vector<std::byte>& bytes, std::size_t at) {
  std::uint32_t out = 0;
  std::memcpy(&out, bytes.data() + at, sizeof out);
  return out;
}

// Offsets of the 32-bit layout by <asm-generic/siginfo.h>, with 4-byte pointers and clock_t.
TEST(SignalInfo32, AFaultHasItsAddressRightBehindTheHead) {
  SigInfo info{};
  info.si_signo = SIGSEGV;
  info.si_code = SEGV_MAPERR;
  info.si_addr = reinterpret_cast<void*>(0x12345678);
  const auto bytes = to_32bit(info);
  ASSERT_EQ(bytes.size(), 128U);
  EXPECT_EQ(word(bytes, 0), static_cast<std::uint32_t>(SIGSEGV));
  EXPECT_EQ(word(bytes, 8), static_cast<std::uint32_t>(SEGV_MAPERR));
  EXPECT_EQ(word(bytes, 12), 0x12345678U);
}

TEST(SignalInfo32, ASentSignalHasItsSenderAndValue) {
  SigInfo info{};
  info.si_signo = SIGRTMIN;
  info.si_code = SI_QUEUE;
  info.si_pid = 77;
  info.si_uid = 1000;
  info.si_value.sival_int = 4711;
  const auto bytes = to_32bit(info);
  EXPECT_EQ(word(bytes, 12), 77U);
  EXPECT_EQ(word(bytes, 16), 1000U);
  EXPECT_EQ(word(bytes, 20), 4711U);
}

TEST(SignalInfo32, AChildsEndHasItsStatusAndTimes) {
  SigInfo info{};
  info.si_signo = SIGCHLD;
  info.si_code = CLD_EXITED;
  info.si_pid = 78;
  info.si_status = 3;
  info.si_utime = 5;
  info.si_stime = 6;
  const auto bytes = to_32bit(info);
  EXPECT_EQ(word(bytes, 12), 78U);
  EXPECT_EQ(word(bytes, 20), 3U);
  EXPECT_EQ(word(bytes, 24), 5U);
  EXPECT_EQ(word(bytes, 28), 6U);
}

TEST(SignalInfo32, ThereAndBackIsTheSame) {
  const std::vector<std::pair<int, int>> kinds{
      {SIGSEGV, SEGV_ACCERR}, {SIGCHLD, CLD_KILLED}, {SIGUSR1, SI_USER}, {SIGRTMIN, SI_QUEUE}, {SIGSYS, 1},
      {SIGPOLL, POLL_IN},     {SIGALRM, SI_KERNEL}};
  for (const auto& [signal, code] : kinds) {
    SigInfo info{};
    info.si_signo = signal;
    info.si_code = code;
    if (signal == SIGSEGV) {
      info.si_addr = reinterpret_cast<void*>(0x1000);
    } else if (signal == SIGSYS) {
      info.si_syscall = 39;
      info.si_arch = 0xc000003e;
    } else if (signal == SIGPOLL) {
      info.si_band = 3;
      info.si_fd = 9;
    } else {
      info.si_pid = 99;
    }
    const SigInfo back = from_32bit(to_32bit(info));
    // All of it was set to zero first. NOLINTNEXTLINE(bugprone-suspicious-memory-comparison)
    EXPECT_EQ(std::memcmp(&back, &info, sizeof info), 0) << signal;
  }
}

}  // namespace
}  // namespace cotrace::native
