#include "server/outflow.h"

#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/epoll.h>

#include "unit/server/support.h"

namespace cotrace::server {
namespace {

using testing::make_reactor;
using testing::pipe_pair;
using testing::read_now;
using testing::run_until;

TEST(Outflow, KeepsWhatTheReaderHasNotTakenAndTellsWhenItIsGone) {
  const auto reactor = make_reactor();
  auto pipe = pipe_pair();
  Outflow out(*reactor, pipe.theirs.get());
  int drained = 0;
  out.when_drained([&] { ++drained; });
  const std::string text(std::size_t{1} << 20, 'x');
  out.add(text);
  EXPECT_EQ(out.pending(), text.size());  // until the end of the round
  out.flush();
  EXPECT_GT(out.pending(), 0U);
  EXPECT_EQ(drained, 0);
  std::size_t got = 0;
  ASSERT_TRUE(run_until(*reactor, [&] {
    got += read_now(pipe.ours.get()).size();
    return got == text.size();
  }));
  ASSERT_TRUE(run_until(*reactor, [&] { return drained == 1; }));
  EXPECT_EQ(out.pending(), 0U);
  EXPECT_FALSE(out.broken());
}

TEST(Outflow, WithoutAReaderEverythingIsDropped) {
  std::signal(SIGPIPE, SIG_IGN);  // as every server does
  const auto reactor = make_reactor();
  auto pipe = pipe_pair();
  Outflow out(*reactor, pipe.theirs.get());
  int drained = 0;
  out.when_drained([&] { ++drained; });
  out.add(std::string(std::size_t{1} << 20, 'x'));
  out.flush();
  EXPECT_GT(out.pending(), 0U);
  pipe.ours = base::Fd();
  ASSERT_TRUE(run_until(*reactor, [&] { return drained == 1; }));
  EXPECT_TRUE(out.broken());
  out.add("more");
  EXPECT_EQ(out.pending(), 0U);
  EXPECT_FALSE(out.drain(std::chrono::steady_clock::now()));
}

TEST(Outflow, AtTheEndAReaderIsWaitedForAndNotLongerThanIsSaid) {
  const auto reactor = make_reactor();
  const auto pipe = pipe_pair();
  Outflow out(*reactor, pipe.theirs.get());
  out.add("a");
  EXPECT_TRUE(out.drain(std::chrono::steady_clock::now() + std::chrono::seconds(30)));
  EXPECT_EQ(read_now(pipe.ours.get()), "a");
  out.add(std::string(std::size_t{1} << 20, 'x'));
  EXPECT_FALSE(out.drain(std::chrono::steady_clock::now() + std::chrono::milliseconds(1)));
}

// epoll takes a descriptor once: what cannot be waited for is dropped, and whoever waits for room is told.
TEST(Outflow, OnADescriptorThatIsWatchedAlreadyNobodyWaitsForEver) {
  const auto reactor = make_reactor();
  const auto pair = testing::socket_pair();
  const auto other = reactor->watch(pair.theirs.get(), EPOLLIN, [](std::uint32_t) {});
  ASSERT_TRUE(other);
  Outflow second(*reactor, pair.theirs.get());
  int drained = 0;
  second.when_drained([&] { ++drained; });
  second.add(std::string(std::size_t{8} << 20, 'x'));
  second.flush();
  EXPECT_EQ(drained, 1);
  EXPECT_TRUE(second.broken());
}

}  // namespace
}  // namespace cotrace::server
