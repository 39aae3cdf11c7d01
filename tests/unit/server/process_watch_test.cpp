#include "server/process_watch.h"

#include <cerrno>
#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "unit/server/support.h"

namespace cotrace::server {
namespace {

using ::testing::ElementsAre;
using testing::make_reactor;
using testing::run_ready;
using testing::run_until;

// A child that lives until it is killed, or until this end of a pipe is closed.
struct Child {
  Child() {
    auto pipe = testing::pipe_pair();
    pid = Pid{::fork()};
    if (pid.value == 0) {
      pipe.theirs.close();
      char byte = 0;
      ::_exit(::read(pipe.ours.get(), &byte, 1) == 0 ? 7 : 8);
    }
    end = std::move(pipe.theirs);
  }
  Pid pid;
  base::Fd end;
};

bool zombie_or_gone(Pid pid) {
  return ::waitpid(pid.value, nullptr, WNOHANG) == -1 && errno == ECHILD;
}

class ProcessWatchTest : public ::testing::Test {
 protected:
  std::unique_ptr<base::Reactor> reactor = make_reactor();
  std::vector<Pid> ended;
  bool traced{false};
  ProcessWatch watch{*reactor, [this](Pid) { return traced; }, [this](Pid pid) { ended.push_back(pid); }};
};

TEST_F(ProcessWatchTest, TellsTheEndAndBuries) {
  Child child;
  ASSERT_TRUE(watch.add(child.pid).has_value());
  EXPECT_TRUE(watch.contains(child.pid));
  run_ready(*reactor);
  EXPECT_TRUE(ended.empty());
  child.end.close();
  ASSERT_TRUE(run_until(*reactor, [&] { return !ended.empty(); }));
  EXPECT_THAT(ended, ElementsAre(child.pid));
  EXPECT_TRUE(watch.empty());
  EXPECT_TRUE(zombie_or_gone(child.pid)) << "not buried";
}

TEST_F(ProcessWatchTest, DoesNotBuryWhatTheTracerWaitsFor) {
  Child child;
  ASSERT_TRUE(watch.add(child.pid).has_value());
  traced = true;
  child.end.close();
  ASSERT_TRUE(run_until(*reactor, [&] { return !ended.empty(); }));
  int status = 0;
  EXPECT_EQ(::waitpid(child.pid.value, &status, 0), child.pid.value);
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST_F(ProcessWatchTest, SomebodyElseBuriedIt) {
  Child child;
  ASSERT_TRUE(watch.add(child.pid).has_value());
  child.end.close();
  ASSERT_EQ(::waitpid(child.pid.value, nullptr, 0), child.pid.value);
  ASSERT_TRUE(run_until(*reactor, [&] { return !ended.empty(); }));
}

TEST_F(ProcessWatchTest, OnceAddedTwiceIsOnceToldOnceAndRemovedIsNotTold) {
  Child first;
  Child second;
  ASSERT_TRUE(watch.add(first.pid).has_value());
  ASSERT_TRUE(watch.add(first.pid).has_value());
  ASSERT_TRUE(watch.add(second.pid).has_value());
  watch.remove(second.pid);
  second.end.close();
  ASSERT_EQ(::waitpid(second.pid.value, nullptr, 0), second.pid.value);
  first.end.close();
  ASSERT_TRUE(run_until(*reactor, [&] { return !ended.empty(); }));
  run_ready(*reactor);
  EXPECT_THAT(ended, ElementsAre(first.pid));
}

TEST_F(ProcessWatchTest, KillsThoseItIsToldTo) {
  Child doomed;
  Child spared;
  ASSERT_TRUE(watch.add(doomed.pid).has_value());
  ASSERT_TRUE(watch.add(spared.pid).has_value());
  watch.kill({doomed.pid});
  ASSERT_TRUE(run_until(*reactor, [&] { return !ended.empty(); }));
  EXPECT_THAT(ended, ElementsAre(doomed.pid));
  EXPECT_TRUE(watch.contains(spared.pid));
  spared.end.close();
  ASSERT_TRUE(run_until(*reactor, [&] { return watch.empty(); }));
}

TEST_F(ProcessWatchTest, AProcessThatIsNotThere) {
  Child child;
  child.end.close();
  ASSERT_EQ(::waitpid(child.pid.value, nullptr, 0), child.pid.value);
  EXPECT_FALSE(watch.add(child.pid).has_value());
  EXPECT_TRUE(watch.empty());
}

}  // namespace
}  // namespace cotrace::server
