#include "native/running.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace cotrace::native {
namespace {

using session::ThreadAction;
using session::ThreadRef;
namespace act = session::act;

ThreadRef ref(int pid, int tid) {
  return {Pid{pid}, Tid{tid}};
}
ThreadAction on_thread(int pid, int tid, int mark) {
  return {{Pid{pid}, Tid{tid}}, act::Continue{mark}};
}
ThreadAction on_process(int pid, int mark) {
  return {{Pid{pid}, {}}, act::Continue{mark}};
}
ThreadAction on_all(int mark) {
  return {{}, act::Continue{mark}};
}

// The mark of the action found; 0: none.
int found(const std::vector<ThreadAction>& actions, ThreadRef thread) {
  const ActionTable table(actions);
  const ThreadAction* action = table.find(thread);
  return action == nullptr ? 0 : std::get<act::Continue>(action->what).signal;
}

TEST(ActionTable, TheLeftmostMatchCounts) {
  EXPECT_EQ(found({on_thread(1, 2, 1), on_thread(1, 2, 2)}, ref(1, 2)), 1);
  EXPECT_EQ(found({on_thread(1, 2, 1), on_all(2)}, ref(1, 2)), 1);
  EXPECT_EQ(found({on_all(1), on_thread(1, 2, 2)}, ref(1, 2)), 1);
  EXPECT_EQ(found({on_process(1, 1), on_all(2)}, ref(1, 2)), 1);
  EXPECT_EQ(found({on_process(7, 1), on_all(2)}, ref(1, 2)), 2);
  EXPECT_EQ(found({on_all(1), on_process(1, 2)}, ref(1, 2)), 1);
}

TEST(ActionTable, AThreadWithoutAMatchHasNone) {
  EXPECT_EQ(found({}, ref(1, 2)), 0);
  EXPECT_EQ(found({on_thread(1, 3, 1), on_process(2, 2)}, ref(1, 2)), 0);
  EXPECT_EQ(found({on_thread(2, 2, 1)}, ref(1, 2)), 0) << "the thread id alone is not enough";
}

TEST(ActionTable, AThreadMayBeNamedWithoutItsProcess) {
  EXPECT_EQ(found({{{{}, Tid{2}}, act::Continue{1}}}, ref(1, 2)), 1);
}

TEST(ActionTable, IsWideOnlyWithAPatternOfSeveralThreads) {
  const std::vector<ThreadAction> narrow{on_thread(1, 2, 1)};
  const std::vector<ThreadAction> wide{on_thread(1, 2, 1), on_process(1, 1)};
  EXPECT_FALSE(ActionTable(narrow).wide());
  EXPECT_TRUE(ActionTable(wide).wide());
}

class ControlFor : public testing::Test {
 protected:
  static Thread with_signal(int number, bool unseen) {
    Thread thread;
    thread.signal.emplace();
    thread.signal->si_signo = number;
    thread.signal_unseen = unseen;
    return thread;
  }
};

TEST_F(ControlFor, TheSameSignalKeepsTheSiginfo) {
  const auto control = control_for(with_signal(SIGUSR1, false), SIGUSR1);
  ASSERT_TRUE(control.signal.has_value());
  EXPECT_EQ(control.signal->kind, SignalVerdict::Kind::keep);
  EXPECT_EQ(control.inject, 0);
}

TEST_F(ControlFor, NoSignalSuppresses) {
  const auto control = control_for(with_signal(SIGUSR1, false), 0);
  ASSERT_TRUE(control.signal.has_value());
  EXPECT_EQ(control.signal->kind, SignalVerdict::Kind::suppress);
}

TEST_F(ControlFor, ASignalThatTheClientHasNotSeenIsNotSuppressed) {
  const auto control = control_for(with_signal(SIGUSR1, true), 0);
  ASSERT_TRUE(control.signal.has_value());
  EXPECT_EQ(control.signal->kind, SignalVerdict::Kind::keep);
}

TEST_F(ControlFor, AnotherSignalReplacesIt) {
  const auto control = control_for(with_signal(SIGUSR1, false), SIGUSR2);
  ASSERT_TRUE(control.signal.has_value());
  ASSERT_EQ(control.signal->kind, SignalVerdict::Kind::replace);
  EXPECT_EQ(control.signal->replacement.si_signo, SIGUSR2);
  EXPECT_EQ(control.signal->replacement.si_code, SI_USER);
  EXPECT_EQ(control.signal->replacement.si_pid, ::getpid());
}

TEST_F(ControlFor, AtAnyOtherStopTheSignalIsInjected) {
  const auto control = control_for(Thread{}, SIGINT);
  EXPECT_FALSE(control.signal.has_value());
  EXPECT_EQ(control.inject, SIGINT);
  EXPECT_EQ(control_for(Thread{}, 0).inject, 0);
}

}  // namespace
}  // namespace cotrace::native
