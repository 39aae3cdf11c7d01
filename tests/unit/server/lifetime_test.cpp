#include "server/lifetime.h"

#include <gtest/gtest.h>

namespace cotrace::server {
namespace {

constexpr LifeRules gdbserver_life{.gdbserver = true};
constexpr LifeRules once_life{.gdbserver = true, .once = true};
constexpr LifeRules multi_life{.gdbserver = true, .multi = true};
constexpr LifeRules multi_once_life{.gdbserver = true, .once = true, .multi = true};
constexpr LifeRules serve_life{.multi = true};
constexpr LifeRules run_life{};

TEST(GdbserversLife, AClientThatDisconnectsLeavesItsProcessForTheNext) {
  EXPECT_EQ(after_client(gdbserver_life, {.processes = true}), Next::park);
  EXPECT_EQ(after_client(gdbserver_life, {.extended = true, .processes = true}), Next::park);
  EXPECT_EQ(after_client(multi_life, {.processes = true}), Next::park);
}

TEST(GdbserversLife, EndsWithTheLastProcessInRemoteMode) {
  EXPECT_EQ(after_client(gdbserver_life, {}), Next::end);
  EXPECT_EQ(after_client(gdbserver_life, {.farewell = Farewell::finished}), Next::end);
}

TEST(GdbserversLife, StaysInExtendedRemoteAndWithMulti) {
  EXPECT_EQ(after_client(gdbserver_life, {.extended = true}), Next::listen);
  EXPECT_EQ(after_client(multi_life, {}), Next::listen);
  EXPECT_EQ(after_client(multi_life, {.extended = true}), Next::listen);
}

TEST(GdbserversLife, OnceEndsWithTheFirstConnection) {
  for (const bool extended : {false, true}) {
    for (const bool processes : {false, true}) {
      EXPECT_EQ(after_client(once_life, {.extended = extended, .processes = processes}), Next::end);
      EXPECT_EQ(after_client(multi_once_life, {.extended = extended, .processes = processes}), Next::end);
    }
  }
}

TEST(GdbserversLife, AfterADetachItIsDeafUntilTheProgramEnds) {
  EXPECT_EQ(after_client(gdbserver_life, {.children = true}), Next::wait_for_children);
  EXPECT_EQ(after_client(once_life, {.children = true}), Next::wait_for_children);
  EXPECT_EQ(after_client(gdbserver_life, {.extended = true, .children = true}), Next::listen);
  EXPECT_EQ(after_client(once_life, {.extended = true, .children = true}), Next::end);
  EXPECT_EQ(after_client(multi_life, {.children = true}), Next::listen);
  // Another process is still debugged.
  EXPECT_EQ(after_client(gdbserver_life, {.processes = true, .children = true}), Next::park);
}

TEST(Life, MonitorExitEndsEveryServer) {
  for (const auto& rules : {gdbserver_life, once_life, multi_life, multi_once_life, serve_life, run_life}) {
    EXPECT_EQ(after_client(rules, {.farewell = Farewell::exit,
                                   .extended = true,
                                   .processes = true,
                                   .children = true,
                                   .other_clients = !rules.gdbserver}),
              Next::end);
  }
}

TEST(OwnLife, ServeStaysUntilItIsEnded) {
  EXPECT_EQ(after_client(serve_life, {}), Next::listen);
  EXPECT_EQ(after_client(serve_life, {.other_clients = true}), Next::listen);
  EXPECT_EQ(after_client(LifeRules{.once = true, .multi = true}, {}), Next::end);
}

TEST(OwnLife, RunAndAttachStayAsLongAsThereIsAProgram) {
  EXPECT_EQ(after_client(run_life, {}), Next::end);
  EXPECT_EQ(after_client(run_life, {.children = true}), Next::listen);
  EXPECT_EQ(after_client(run_life, {.other_clients = true}), Next::listen);
  // With others connected, not even --once ends the server under them.
  EXPECT_EQ(after_client(LifeRules{.once = true}, {.other_clients = true}), Next::listen);
}

TEST(Life, TheLastProcessTakesTheServerAlongOnlyWhenNobodyIsThere) {
  EXPECT_TRUE(ends_with_last_process(run_life, false, false));
  EXPECT_TRUE(ends_with_last_process(gdbserver_life, false, false));
  EXPECT_FALSE(ends_with_last_process(run_life, true, false));
  EXPECT_FALSE(ends_with_last_process(run_life, false, true));
  EXPECT_FALSE(ends_with_last_process(serve_life, false, false));
}

}  // namespace
}  // namespace cotrace::server
