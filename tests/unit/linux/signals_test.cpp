#include "linux/signals.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>

#include "linux/proc.h"
#include "linux/sigchld.h"
#include "unit/linux/child.h"

namespace cotrace::sys::test {
namespace {

TEST(SigSet, HoldsSignalsOneToSixtyFour) {
  const SigSet set{1, SIGUSR1, 64};
  EXPECT_EQ(set.bits(), 1U | 1ULL << (SIGUSR1 - 1) | 1ULL << 63);
  EXPECT_TRUE(set.has(64));
  EXPECT_FALSE(set.has(2));
  EXPECT_FALSE(set.without(64).has(64));
  EXPECT_TRUE(set.with(2).has(2));
}

TEST(SigSet, OtherNumbersAreInNoSet) {
  for (int number : {0, -1, 65, 1 << 30}) {
    EXPECT_FALSE(SigSet(~0ULL).has(number));
    EXPECT_TRUE(SigSet{number}.empty());
    EXPECT_EQ(SigSet(~0ULL).without(number), SigSet(~0ULL));
  }
}

TEST(Disposition, DefaultActions) {
  EXPECT_EQ(default_disposition(SIGTERM), SignalDisposition::terminate);
  EXPECT_EQ(default_disposition(SIGRTMAX), SignalDisposition::terminate);
  EXPECT_EQ(default_disposition(SIGSEGV), SignalDisposition::core);
  EXPECT_EQ(default_disposition(SIGTSTP), SignalDisposition::stop);
  EXPECT_EQ(default_disposition(SIGCHLD), SignalDisposition::ignored);
  EXPECT_EQ(default_disposition(SIGCONT), SignalDisposition::ignored);
  EXPECT_EQ(default_disposition(0), SignalDisposition::ignored);
  EXPECT_EQ(default_disposition(65), SignalDisposition::ignored);
}

TEST(Disposition, AsTheProgramHasArranged) {
  TaskStatus status;
  status.caught = SigSet{SIGSEGV, SIGCHLD}.bits();
  status.ignored = SigSet{SIGINT, SIGTSTP}.bits();
  EXPECT_EQ(disposition_of(status, SIGSEGV), SignalDisposition::handled);
  EXPECT_EQ(disposition_of(status, SIGCHLD), SignalDisposition::handled);
  EXPECT_EQ(disposition_of(status, SIGINT), SignalDisposition::ignored);
  EXPECT_EQ(disposition_of(status, SIGTSTP), SignalDisposition::ignored);
  EXPECT_EQ(disposition_of(status, SIGQUIT), SignalDisposition::core);
}

TEST(Disposition, KillAndStopCannotBeArranged) {
  TaskStatus status;
  status.caught = status.ignored = ~0ULL;
  EXPECT_EQ(disposition_of(status, SIGKILL), SignalDisposition::terminate);
  EXPECT_EQ(disposition_of(status, SIGSTOP), SignalDisposition::stop);
}

TEST(Disposition, OfARealProcess) {
  Child child([](const auto& ready) {
    ::signal(SIGUSR1, [](int) {});
    ::signal(SIGHUP, SIG_IGN);
    ready();
    while (true) ::pause();
    return 0;
  });
  const auto status = task_status(child.tid());
  ASSERT_TRUE(status);
  EXPECT_EQ(disposition_of(*status, SIGUSR1), SignalDisposition::handled);
  EXPECT_EQ(disposition_of(*status, SIGHUP), SignalDisposition::ignored);
  EXPECT_EQ(disposition_of(*status, SIGUSR2), SignalDisposition::terminate);
}

TEST(SignalState, SeesWhatTheProcessHasArranged) {
  Child child([](const auto&) {
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGHUP, [](int) {});
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGWINCH);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    const SignalState state = SignalState::current();
    const bool right = state.ignored.has(SIGPIPE) && !state.ignored.has(SIGHUP) &&
                       state.blocked.has(SIGWINCH) && !state.blocked.has(SIGPIPE);
    return right ? 0 : 1;
  });
  EXPECT_EQ(next_status(child.tid()), 0);
}

// --- SIGCHLD as a descriptor
// -----------------------------------------------------------------------------------------

bool readable(int fd) {
  pollfd ready{fd, POLLIN, 0};
  return ::poll(&ready, 1, 0) == 1;
}

void await_readable(int fd) {
  pollfd ready{fd, POLLIN, 0};
  ASSERT_EQ(::poll(&ready, 1, -1), 1);
}

TEST(ChildSignals, HintsAtTheTaskThatChanged) {
  auto signals = ChildSignals::create();
  ASSERT_TRUE(signals);
  EXPECT_FALSE(signals->drain());
  Child child([](const auto&) { return 0; });
  await_readable(signals->fd());
  EXPECT_EQ(signals->drain(), child.tid());
  EXPECT_FALSE(readable(signals->fd()));
  EXPECT_FALSE(signals->drain());
}

TEST(ChildSignals, TracedStopsCountAsChanges) {
  auto signals = ChildSignals::create();
  ASSERT_TRUE(signals);
  Child child(pause_for_ever);
  ASSERT_TRUE(seize(child.tid(), 0));
  ASSERT_TRUE(interrupt(child.tid()));
  await_readable(signals->fd());
  EXPECT_EQ(signals->drain(), child.tid());
}

TEST(ChildSignals, ManyChangesAreOneSignal) {
  auto signals = ChildSignals::create();
  ASSERT_TRUE(signals);
  Child a([](const auto&) { return 0; });
  await_status(a.tid());
  Child b([](const auto&) { return 0; });
  await_status(b.tid());
  await_readable(signals->fd());
  EXPECT_EQ(signals->drain(), a.tid());
  EXPECT_FALSE(signals->drain());
}

TEST(ChildSignals, SomebodyElsesKillNamesNoTask) {
  auto signals = ChildSignals::create();
  ASSERT_TRUE(signals);
  ASSERT_EQ(::kill(::getpid(), SIGCHLD), 0);
  EXPECT_TRUE(readable(signals->fd()));
  EXPECT_FALSE(signals->drain());
  EXPECT_FALSE(readable(signals->fd()));
}

// A parent that did `trap '' CHLD` hands that on, and then the kernel would tell a tracer nothing.
TEST(ChildSignals, WorkWhereSigchldWasIgnored) {
  Child outer([](const auto&) {
    ::signal(SIGCHLD, SIG_IGN);
    auto signals = ChildSignals::create();
    if (!signals) return 1;
    Child child(pause_for_ever);
    if (!seize(child.tid(), 0) || !interrupt(child.tid())) return 2;
    pollfd ready{signals->fd(), POLLIN, 0};
    if (::poll(&ready, 1, 10000) != 1) return 3;
    return signals->drain() == child.tid() ? 0 : 4;
  });
  EXPECT_EQ(next_status(outer.tid()), 0);
}

TEST(ChildSignals, UnblockOnlyWhatTheyBlocked) {
  const auto blocked = [] { return SignalState::current().blocked.has(SIGCHLD); };
  ASSERT_FALSE(blocked());
  {
    const auto outer = ChildSignals::create();
    {
      const auto inner = ChildSignals::create();
      EXPECT_TRUE(blocked());
    }
    EXPECT_TRUE(blocked());
  }
  EXPECT_FALSE(blocked());
}

TEST(ChildSignals, OutOfDescriptorsIsAnErrorAndChangesNothing) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto made = ChildSignals::create();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::no_resources);
  EXPECT_FALSE(SignalState::current().blocked.has(SIGCHLD));
}

}  // namespace
}  // namespace cotrace::sys::test
