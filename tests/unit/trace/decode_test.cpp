// Wait statuses without a process behind them: what they say by themselves, and that a task killed meanwhile
// is an outcome.

#include <csignal>
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "trace/stop.h"

namespace cotrace::trace {
namespace {

// No process has this id (the kernel's limit is 2^22), so every request says that it is gone.
const sys::StoppedTask nobody{Tid{0x7ffffff0}};

constexpr int stopped(int signal, int event = 0) {
  return (event << 16) | (signal << 8) | 0x7f;
}

TEST(Decode, EventStopAndGroupStopDifferBySignal) {
  auto event = decode(stopped(SIGTRAP, PTRACE_EVENT_STOP), nobody);
  ASSERT_TRUE(event);
  EXPECT_TRUE(std::holds_alternative<stop::EventStop>(*event));
  for (int signal : {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU}) {
    auto group = decode(stopped(signal, PTRACE_EVENT_STOP), nobody);
    ASSERT_TRUE(group);
    ASSERT_TRUE(std::holds_alternative<stop::Group>(*group));
    EXPECT_EQ(std::get<stop::Group>(*group).signal, signal);
  }
}

TEST(Decode, ATaskThatIsGoneIsAnOutcome) {
  for (int status :
       {stopped(SIGUSR1), stopped(SIGTRAP), stopped(SIGTRAP | 0x80), stopped(SIGTRAP, PTRACE_EVENT_CLONE),
        stopped(SIGTRAP, PTRACE_EVENT_EXEC), stopped(SIGTRAP, PTRACE_EVENT_EXIT)}) {
    auto stop = decode(status, nobody);
    ASSERT_FALSE(stop);
    EXPECT_EQ(stop.error().code, Errc::gone);
  }
}

TEST(Decode, ExitStatuses) {
  EXPECT_EQ(exit_status_of(7 << 8), (ExitStatus{false, 7, false}));
  EXPECT_EQ(exit_status_of(0), (ExitStatus{false, 0, false}));
  EXPECT_EQ(exit_status_of(SIGKILL), (ExitStatus{true, SIGKILL, false}));
  EXPECT_EQ(exit_status_of(SIGABRT | 0x80), (ExitStatus{true, SIGABRT, true}));
}

}  // namespace
}  // namespace cotrace::trace
