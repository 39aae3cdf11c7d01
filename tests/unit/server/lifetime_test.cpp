#include "server/lifetime.h"

#include <gtest/gtest.h>

namespace cotrace::server {
namespace {

constexpr LifeRules kGdbserver{.gdbserver = true};
constexpr LifeRules kOnce{.gdbserver = true, .once = true};
constexpr LifeRules kMulti{.gdbserver = true, .multi = true};
constexpr LifeRules kMultiOnce{.gdbserver = true, .once = true, .multi = true};
constexpr LifeRules kServe{.multi = true};
constexpr LifeRules kRun{};

TEST(GdbserversLife, AClientThatDisconnectsLeavesItsProcessForTheNext) {
  EXPECT_EQ(after_client(kGdbserver, {.processes = true}), Next::park);
  EXPECT_EQ(after_client(kGdbserver, {.extended = true, .processes = true}), Next::park);
  EXPECT_EQ(after_client(kMulti, {.processes = true}), Next::park);
}

TEST(GdbserversLife, EndsWithTheLastProcessInRemoteMode) {
  EXPECT_EQ(after_client(kGdbserver, {}), Next::end);
  EXPECT_EQ(after_client(kGdbserver, {.farewell = Farewell::finished}), Next::end);
}

TEST(GdbserversLife, StaysInExtendedRemoteAndWithMulti) {
  EXPECT_EQ(after_client(kGdbserver, {.extended = true}), Next::listen);
  EXPECT_EQ(after_client(kMulti, {}), Next::listen);
  EXPECT_EQ(after_client(kMulti, {.extended = true}), Next::listen);
}

TEST(GdbserversLife, OnceEndsWithTheFirstConnection) {
  for (const bool extended : {false, true}) {
    for (const bool processes : {false, true}) {
      EXPECT_EQ(after_client(kOnce, {.extended = extended, .processes = processes}), Next::end);
      EXPECT_EQ(after_client(kMultiOnce, {.extended = extended, .processes = processes}), Next::end);
    }
  }
}

TEST(GdbserversLife, AfterADetachItIsDeafUntilTheProgramEnds) {
  EXPECT_EQ(after_client(kGdbserver, {.children = true}), Next::wait_for_children);
  EXPECT_EQ(after_client(kOnce, {.children = true}), Next::wait_for_children);
  EXPECT_EQ(after_client(kGdbserver, {.extended = true, .children = true}), Next::listen);
  EXPECT_EQ(after_client(kOnce, {.extended = true, .children = true}), Next::end);
  EXPECT_EQ(after_client(kMulti, {.children = true}), Next::listen);
  // Another process is still debugged.
  EXPECT_EQ(after_client(kGdbserver, {.processes = true, .children = true}), Next::park);
}

TEST(Life, MonitorExitEndsEveryServer) {
  for (const auto& rules : {kGdbserver, kOnce, kMulti, kMultiOnce, kServe, kRun}) {
    EXPECT_EQ(after_client(rules, {.farewell = Farewell::exit,
                                   .extended = true,
                                   .processes = true,
                                   .children = true,
                                   .other_clients = !rules.gdbserver}),
              Next::end);
  }
}

TEST(OwnLife, ServeStaysUntilItIsEnded) {
  EXPECT_EQ(after_client(kServe, {}), Next::listen);
  EXPECT_EQ(after_client(kServe, {.other_clients = true}), Next::listen);
  EXPECT_EQ(after_client(LifeRules{.once = true, .multi = true}, {}), Next::end);
}

TEST(OwnLife, RunAndAttachStayAsLongAsThereIsAProgram) {
  EXPECT_EQ(after_client(kRun, {}), Next::end);
  EXPECT_EQ(after_client(kRun, {.children = true}), Next::listen);
  EXPECT_EQ(after_client(kRun, {.other_clients = true}), Next::listen);
  // With others connected, not even --once ends the server under them.
  EXPECT_EQ(after_client(LifeRules{.once = true}, {.other_clients = true}), Next::listen);
}

TEST(Life, TheLastProcessTakesTheServerAlongOnlyWhenNobodyIsThere) {
  EXPECT_TRUE(ends_with_last_process(kRun, false, false));
  EXPECT_TRUE(ends_with_last_process(kGdbserver, false, false));
  EXPECT_FALSE(ends_with_last_process(kRun, true, false));
  EXPECT_FALSE(ends_with_last_process(kRun, false, true));
  EXPECT_FALSE(ends_with_last_process(kServe, false, false));
}

}  // namespace
}  // namespace cotrace::server
