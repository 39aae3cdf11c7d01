#include "base/reactor.h"

#include <atomic>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/fd.h"

namespace cotrace::base {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds no_wait{0};
constexpr milliseconds for_ever{-1};

struct Pipe {
  Fd read, write;
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) throw std::runtime_error("pipe2");
    read = Fd(ends[0]);
    write = Fd(ends[1]);
  }
  void fill() const { EXPECT_EQ(::write(write.get(), "x", 1), 1); }
  void empty() const {
    char c = 0;
    EXPECT_EQ(::read(read.get(), &c, 1), 1);
  }
};

class ReactorTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = Reactor::create();
    ASSERT_TRUE(made);
    reactor = std::move(*made);
  }
  Reactor::Watch watch(const Pipe& pipe, Reactor::Ready ready) {
    auto made = reactor->watch(pipe.read.get(), EPOLLIN, std::move(ready));
    EXPECT_TRUE(made);
    return std::move(*made);
  }
  std::unique_ptr<Reactor> reactor;
};

TEST_F(ReactorTest, CallsWhatIsReadyAndNothingElse) {
  Pipe a, b;
  std::string seen;
  auto watch_a = watch(a, [&](std::uint32_t) { seen += 'a'; });
  auto watch_b = watch(b, [&](std::uint32_t events) {
    EXPECT_EQ(events, EPOLLIN);
    seen += 'b';
    b.empty();
  });
  EXPECT_FALSE(reactor->run_once(no_wait));
  b.fill();
  EXPECT_TRUE(reactor->run_once(no_wait));
  EXPECT_FALSE(reactor->run_once(no_wait));
  EXPECT_EQ(seen, "b");
}

TEST_F(ReactorTest, LevelTriggered) {
  Pipe pipe;
  int calls = 0;
  auto watched = watch(pipe, [&](std::uint32_t) { ++calls; });
  pipe.fill();
  reactor->run_once(no_wait);
  reactor->run_once(no_wait);
  EXPECT_EQ(calls, 2);
}

TEST_F(ReactorTest, HangUpIsToldThoughNobodyAsked) {
  Pipe pipe;
  std::uint32_t seen = 0;
  auto watched = reactor->watch(pipe.read.get(), 0, [&](std::uint32_t events) { seen = events; });
  ASSERT_TRUE(watched);
  pipe.write.close();
  EXPECT_TRUE(reactor->run_once(no_wait));
  EXPECT_EQ(seen, EPOLLHUP);
}

TEST_F(ReactorTest, NoCallAfterTheWatchIsGone) {
  Pipe pipe;
  int calls = 0;
  {
    auto watched = watch(pipe, [&](std::uint32_t) { ++calls; });
    EXPECT_TRUE(watched.active());
    pipe.fill();
  }
  EXPECT_FALSE(reactor->run_once(no_wait));
  EXPECT_EQ(calls, 0);
}

TEST_F(ReactorTest, WatchDestroyedInItsOwnCallback) {
  Pipe pipe;
  // Captured by value: the callback's own state must live until it returns.
  const std::string payload(100, 'p');
  std::string seen;
  std::optional<Reactor::Watch> watched;
  watched = watch(pipe, [&watched, &seen, payload](std::uint32_t) {
    watched.reset();
    seen += payload;
  });
  pipe.fill();
  reactor->run_once(no_wait);
  EXPECT_FALSE(reactor->run_once(no_wait));
  EXPECT_EQ(seen, payload);
}

TEST_F(ReactorTest, OneOfTwoReadyWatchesEndsTheOther) {
  Pipe a, b;
  int calls = 0;
  std::optional<Reactor::Watch> watch_a, watch_b;
  watch_a = watch(a, [&](std::uint32_t) { ++calls, watch_b.reset(); });
  watch_b = watch(b, [&](std::uint32_t) { ++calls, watch_a.reset(); });
  a.fill();
  b.fill();
  reactor->run_once(no_wait);
  EXPECT_EQ(calls, 1);
}

// The event of the closed descriptor is still in this round's batch when its number is taken by another one.
TEST_F(ReactorTest, NumberTakenAgainWithinTheRound) {
  Pipe a, b;
  std::string seen;
  std::optional<Reactor::Watch> watch_a, watch_b, again;
  Fd taken;
  const auto replace = [&](Pipe& other, std::optional<Reactor::Watch>& other_watch) {
    if (again) return;
    const int number = other.read.get();
    other_watch.reset();
    Pipe fresh;
    EXPECT_EQ(::dup2(fresh.read.get(), number), number);
    taken = std::move(fresh.write);
    auto made = reactor->watch(number, EPOLLIN, [&](std::uint32_t) { seen += "wrong"; });
    ASSERT_TRUE(made);
    again = std::move(*made);
  };
  watch_a = watch(a, [&](std::uint32_t) { seen += 'x', replace(b, watch_b); });
  watch_b = watch(b, [&](std::uint32_t) { seen += 'x', replace(a, watch_a); });
  a.fill();
  b.fill();
  reactor->run_once(no_wait);
  EXPECT_EQ(seen, "x");
}

TEST_F(ReactorTest, EventsCanBeSwitchedOffAndOn) {
  Pipe pipe;
  int calls = 0;
  auto watched = watch(pipe, [&](std::uint32_t) { ++calls; });
  pipe.fill();
  watched.events(0);
  EXPECT_FALSE(reactor->run_once(no_wait));
  watched.events(EPOLLIN);
  EXPECT_TRUE(reactor->run_once(no_wait));
  EXPECT_EQ(calls, 1);
}

TEST_F(ReactorTest, MovedWatchGoesOn) {
  Pipe pipe;
  int calls = 0;
  Reactor::Watch second;
  {
    auto first = watch(pipe, [&](std::uint32_t) { ++calls; });
    second = std::move(first);
    EXPECT_FALSE(first.active());
  }
  pipe.fill();
  reactor->run_once(no_wait);
  EXPECT_EQ(calls, 1);
  second = Reactor::Watch();
  EXPECT_FALSE(reactor->run_once(no_wait));
}

// epoll refuses such files, and a server's standard input may be one.
TEST_F(ReactorTest, FileThatCannotBePolledIsAlwaysReady) {
  const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  int calls = 0;
  auto watched = reactor->watch(null.get(), EPOLLIN, [&](std::uint32_t) { ++calls; });
  ASSERT_TRUE(watched);
  EXPECT_TRUE(reactor->run_once(for_ever));
  EXPECT_EQ(calls, 1);
  watched->events(0);
  EXPECT_FALSE(reactor->run_once(no_wait));
  watched->events(EPOLLIN);
  EXPECT_TRUE(reactor->run_once(for_ever));
  watched->reset();
  EXPECT_FALSE(reactor->run_once(no_wait));
  EXPECT_EQ(calls, 2);
}

TEST_F(ReactorTest, BadDescriptorIsAnError) {
  auto watched = reactor->watch(-1, EPOLLIN, [](std::uint32_t) {});
  ASSERT_FALSE(watched);
  EXPECT_EQ(watched.error().sys_errno, EBADF);
}

TEST(Reactor, OutOfDescriptorsIsAnError) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto made = Reactor::create();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::no_resources);
}

// --- work
// ------------------------------------------------------------------------------------------------------------

TEST_F(ReactorTest, DeferredRunsAfterTheCallbackInOrder) {
  Pipe pipe;
  std::string seen;
  auto watched = watch(pipe, [&](std::uint32_t) {
    pipe.empty();
    reactor->defer([&] { seen += '2'; });
    reactor->defer([&] { reactor->defer([&] { seen += '4'; }), seen += '3'; });
    seen += '1';
  });
  pipe.fill();
  reactor->run_once(for_ever);
  EXPECT_EQ(seen, "1234");
}

TEST_F(ReactorTest, DeferredBeforeTheStartDoesNotWait) {
  bool done = false;
  reactor->defer([&] { done = true; });
  EXPECT_TRUE(reactor->run_once(for_ever));
  EXPECT_TRUE(done);
}

TEST_F(ReactorTest, EndlessDeferringDoesNotStarveDescriptors) {
  Pipe pipe;
  bool read = false;
  auto watched = watch(pipe, [&](std::uint32_t) { read = true, reactor->stop(); });
  std::function<void()> again = [&] {
    if (!read) reactor->defer(again);
  };
  reactor->defer(again);
  pipe.fill();
  reactor->run();
  EXPECT_TRUE(read);
}

TEST_F(ReactorTest, PostsFromManyThreadsAllArriveOnTheReactorsThread) {
  constexpr int threads = 4;
  constexpr int each = 2000;
  int count = 0;
  std::vector<std::thread> posters;
  for (int t = 0; t < threads; ++t) {
    posters.emplace_back([&] {
      for (int i = 0; i < each; ++i) {
        reactor->post([&] {
          EXPECT_TRUE(reactor->on_own_thread());
          if (++count == threads * each) reactor->stop();
        });
      }
    });
  }
  reactor->run();
  for (auto& poster : posters) poster.join();
  EXPECT_EQ(count, threads * each);
}

TEST_F(ReactorTest, PostsOfOneThreadKeepTheirOrder) {
  std::string seen;
  std::thread poster([&] {
    for (char c = 'a'; c <= 'z'; ++c) reactor->post([&seen, c] { seen += c; });
    reactor->post([&] { reactor->stop(); });
  });
  reactor->run();
  poster.join();
  EXPECT_EQ(seen, "abcdefghijklmnopqrstuvwxyz");
}

TEST_F(ReactorTest, StopFromAnotherThreadWakesTheLoop) {
  std::atomic<bool> running{false};
  std::thread stopper([&] {
    running.wait(false);
    reactor->stop();
  });
  reactor->defer([&] { running = true, running.notify_all(); });
  reactor->run();
  stopper.join();
}

TEST_F(ReactorTest, StopBeforeRunCountsOnce) {
  reactor->stop();
  reactor->run();
  bool ran = false;
  reactor->defer([&] { ran = true, reactor->stop(); });
  reactor->run();
  EXPECT_TRUE(ran);
}

TEST_F(ReactorTest, ThreadIsKnownOnceItRuns) {
  EXPECT_FALSE(reactor->on_own_thread());
  reactor->run_once(no_wait);
  EXPECT_TRUE(reactor->on_own_thread());
  std::thread([&] { EXPECT_FALSE(reactor->on_own_thread()); }).join();
}

// --- timers
// ----------------------------------------------------------------------------------------------------------

TEST_F(ReactorTest, TimersFireInOrderAndNotEarly) {
  const auto start = Reactor::Clock::now();
  std::string seen;
  auto late = reactor->at(start + milliseconds{20}, [&] { seen += 'b', reactor->stop(); });
  auto early = reactor->at(start + milliseconds{5}, [&] {
    seen += 'a';
    EXPECT_GE(Reactor::Clock::now(), start + milliseconds{5});
  });
  reactor->run();
  EXPECT_EQ(seen, "ab");
  EXPECT_GE(Reactor::Clock::now(), start + milliseconds{20});
  EXPECT_FALSE(late.active());
  EXPECT_FALSE(early.active());
}

TEST_F(ReactorTest, TimersOfTheSameMomentKeepTheirOrder) {
  std::string seen;
  const auto when = Reactor::Clock::now();
  auto a = reactor->at(when, [&] { seen += 'a'; });
  auto b = reactor->at(when, [&] { seen += 'b'; });
  auto c = reactor->at(when, [&] { seen += 'c'; });
  EXPECT_TRUE(reactor->run_once(no_wait));
  EXPECT_EQ(seen, "abc");
}

TEST_F(ReactorTest, CancelledTimerNeverFires) {
  const auto when = Reactor::Clock::now();
  std::string seen;
  std::optional<Reactor::Watch> second;
  auto first = reactor->at(when, [&] { seen += '1', second.reset(); });
  second = reactor->at(when, [&] { seen += '2'; });
  reactor->run_once(no_wait);
  EXPECT_FALSE(reactor->run_once(no_wait));
  EXPECT_EQ(seen, "1");
}

TEST_F(ReactorTest, TimerThatSetsItselfAgainInThePastWaitsForTheNextRound) {
  int calls = 0;
  Reactor::Watch timer;
  std::function<void()> again = [&] {
    ++calls;
    timer = reactor->at(Reactor::Clock::time_point{}, [&] { again(); });
  };
  again();
  EXPECT_TRUE(reactor->run_once(for_ever));
  EXPECT_EQ(calls, 2);
}

TEST_F(ReactorTest, WaitEndsWithoutEvents) {
  auto timer = reactor->at(Reactor::Clock::now() + std::chrono::hours{1000000}, [] {});
  EXPECT_FALSE(reactor->run_once(milliseconds{1}));
  EXPECT_TRUE(timer.active());
}

// --- rounds within rounds
// --------------------------------------------------------------------------------------------

TEST_F(ReactorTest, CallbackMayRunARoundOfItsOwn) {
  Pipe a, b;
  int calls = 0;
  const auto ready = [&](const Pipe& pipe) {
    ++calls;
    pipe.empty();  // fails the test if it is called for nothing
    reactor->run_once(no_wait);
  };
  auto watch_a = watch(a, [&](std::uint32_t) { ready(a); });
  auto watch_b = watch(b, [&](std::uint32_t) { ready(b); });
  a.fill();
  b.fill();
  reactor->run_once(no_wait);
  EXPECT_FALSE(reactor->run_once(no_wait));
  EXPECT_EQ(calls, 2);
}

// epoll has told of both and will not again: whichever is called first, the other one's call must not be
// lost.
TEST_F(ReactorTest, AnEdgeIsNotLostWhenACallbackRunsARoundOfItsOwn) {
  Pipe a, b;
  int calls_a = 0, calls_b = 0;
  auto watch_a = reactor->watch(a.read.get(), EPOLLIN | EPOLLET, [&](std::uint32_t) {
    if (++calls_a == 1) reactor->run_once(no_wait);
  });
  auto watch_b = reactor->watch(b.read.get(), EPOLLIN | EPOLLET, [&](std::uint32_t) {
    if (++calls_b == 1) reactor->run_once(no_wait);
  });
  ASSERT_TRUE(watch_a && watch_b);
  a.fill();
  b.fill();
  EXPECT_TRUE(reactor->run_once(no_wait));
  EXPECT_EQ(calls_a, 1);
  EXPECT_EQ(calls_b, 1);
}

TEST_F(ReactorTest, InnerRoundSeesWorkQueuedBehindTheOuter) {
  bool second = false;
  bool seen = false;
  reactor->defer([&] {
    reactor->run_once(no_wait);
    seen = second;
  });
  reactor->defer([&] { second = true; });
  reactor->run_once(no_wait);
  EXPECT_TRUE(seen);
}

TEST_F(ReactorTest, GoesWithWorkAndWatchesThatOwnEachOther) {
  auto pipe = std::make_shared<Pipe>();
  auto watched = std::make_shared<Reactor::Watch>(watch(*pipe, [pipe](std::uint32_t) {}));
  reactor->defer([watched] {});
  auto timer = reactor->at(Reactor::Clock::now(), [watched] {});
  watched.reset();
  reactor.reset();
  EXPECT_FALSE(timer.active());
}

}  // namespace
}  // namespace cotrace::base
