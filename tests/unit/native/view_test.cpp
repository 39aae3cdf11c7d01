#include "native/view.h"

#include <gtest/gtest.h>

#include "native/points.h"

namespace cotrace::native {
namespace {

TaskId task(int tid, std::uint64_t serial) {
  return TaskId{Tid{tid}, serial};
}

class ViewTest : public testing::Test {
 protected:
  View view;
  Process& process = view.add_process(Pid{10}, false);
};

TEST_F(ViewTest, AThreadBeginsAsRunningAndIsFoundByAllItsNames) {
  Thread& thread = view.add_thread(process, task(10, 1));
  EXPECT_FALSE(thread.stopped);
  EXPECT_EQ(view.thread(task(10, 1)), &thread);
  EXPECT_EQ(view.thread_of_serial(1), &thread);
  EXPECT_EQ(view.thread(session::ThreadRef{Pid{10}, Tid{10}}), &thread);
  EXPECT_EQ(view.running().size(), 1U);
  EXPECT_EQ(process.running, 1U);
}

TEST_F(ViewTest, AddingAThreadTwiceGivesTheSameOne) {
  Thread& first = view.add_thread(process, task(10, 1));
  EXPECT_EQ(&view.add_thread(process, task(10, 1)), &first);
  EXPECT_EQ(view.running().size(), 1U);
}

TEST_F(ViewTest, ATidUsedAgainIsAnotherThread) {
  view.add_thread(process, task(11, 1));
  Thread& second = view.add_thread(process, task(11, 2));
  EXPECT_EQ(view.thread_of_serial(1), nullptr);
  EXPECT_EQ(view.thread_of_serial(2), &second);
  EXPECT_EQ(process.threads.size(), 1U);
  EXPECT_EQ(view.running().size(), 1U);
}

TEST_F(ViewTest, StoppedThreadsAreNotAmongTheRunningOnes) {
  Thread& one = view.add_thread(process, task(10, 1));
  Thread& two = view.add_thread(process, task(11, 2));
  view.show_stopped(one, session::stop::Step{});
  view.show_stopped(one, session::stop::Quiet{});  // once more changes the report alone
  EXPECT_EQ(view.running(), std::list<Thread*>{&two});
  EXPECT_EQ(process.running, 1U);
  view.show_running(one);
  // In the order in which they were resumed.
  EXPECT_EQ(view.running(), (std::list<Thread*>{&two, &one}));
  EXPECT_FALSE(one.last.has_value());
}

TEST_F(ViewTest, TheLatestStopIsForgottenWithItsThreadAndWithItsResume) {
  Thread& one = view.add_thread(process, task(10, 1));
  Thread& two = view.add_thread(process, task(11, 2));
  view.show_stopped(one, session::stop::Step{});
  view.show_stopped(two, session::stop::Quiet{});  // not worth mention
  EXPECT_EQ(view.latest(), &one);
  view.show_running(one);
  EXPECT_EQ(view.latest(), nullptr);
  view.show_stopped(one, session::stop::Step{});
  view.remove(one);
  EXPECT_EQ(view.latest(), nullptr);
}

TEST_F(ViewTest, WhatTheClientHasNotHeardOfIsHidden) {
  Thread& thread = view.add_thread(process, task(10, 1));
  EXPECT_FALSE(View::hidden(thread));
  thread.unreported = true;
  EXPECT_TRUE(View::hidden(thread));
  thread.unreported = false;
  process.unreported_child_of = Pid{9};
  EXPECT_TRUE(View::hidden(thread));
  process.unreported_child_of.reset();
  process.ending = true;
  EXPECT_TRUE(View::hidden(thread));
  process.ending = false;
  process.starting = true;
  EXPECT_TRUE(View::hidden(thread));
}

TEST_F(ViewTest, AnyThreadPrefersTheLeader) {
  EXPECT_EQ(View::any_thread(process), nullptr);
  Thread& other = view.add_thread(process, task(9, 2));
  EXPECT_EQ(View::any_thread(process), &other);
  Thread& leader = view.add_thread(process, task(10, 1));
  EXPECT_EQ(View::any_thread(process), &leader);
}

TEST_F(ViewTest, RemovingAProcessRemovesItsThreads) {
  view.add_thread(process, task(10, 1));
  view.add_thread(process, task(11, 2));
  view.show_stopped(*view.thread_of_serial(2), session::stop::Quiet{});
  view.remove(process);
  EXPECT_TRUE(view.processes().empty());
  EXPECT_TRUE(view.running().empty());
  EXPECT_EQ(view.thread_of_serial(1), nullptr);
  EXPECT_EQ(view.thread_of_serial(2), nullptr);
}

}  // namespace
}  // namespace cotrace::native
