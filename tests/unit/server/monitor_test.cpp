#include "server/monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/server/support.h"

namespace cotrace::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

struct Host : MonitorHost {
  int exits{0};
  std::string libthread_db;
  void request_exit() override { ++exits; }
  void set_libthread_db_path(const std::string& directories) override { libthread_db = directories; }
  std::string who() override { return "client 1\n"; }
  std::vector<std::optional<bool>> followed;
  Result<std::string> follow(std::optional<bool> on) override {
    followed.push_back(on);
    return std::string("followed\n");
  }
  std::vector<std::pair<GateKind, std::string>> gates;
  Result<std::string> add_gate(GateKind kind, std::string_view pattern) override {
    gates.emplace_back(kind, pattern);
    return std::string("set\n");
  }
};

class MonitorTest : public ::testing::Test {
 protected:
  std::string good(std::string_view command) {
    auto text = monitor.run(command);
    EXPECT_TRUE(text.has_value()) << command;
    return text.value_or("");
  }
  void expect_unknown(std::string_view command) {
    const auto text = monitor.run(command);
    ASSERT_FALSE(text.has_value()) << command;
    EXPECT_EQ(text.error().code, Errc::unsupported);
    EXPECT_THAT(text.error().text, StartsWith("Unknown monitor command.\n"));
    EXPECT_THAT(text.error().text, HasSubstr("The following monitor commands are supported:\n"));
  }
  std::unique_ptr<base::Reactor> reactor = testing::make_reactor();
  testing::SocketPair pipe = testing::pipe_pair();
  Notices notices{*reactor, pipe.theirs.get()};
  Log log{notices};
  PacketLog packets{log};
  Host host;
  Monitor monitor{host, log, packets};
};

TEST_F(MonitorTest, HelpIsRecognisedByGdbsTestSuite) {
  const auto text = good("help");
  EXPECT_THAT(text, StartsWith("The following monitor commands are supported:\n"));
  EXPECT_THAT(text, HasSubstr("Quit GDBserver\n"));
}

TEST_F(MonitorTest, ExitSaysNothing) {
  EXPECT_EQ(good("exit"), "");
  EXPECT_EQ(host.exits, 1);
}

TEST_F(MonitorTest, Following) {
  EXPECT_EQ(good("follow"), "followed\n");
  EXPECT_EQ(good("follow on"), "followed\n");
  EXPECT_EQ(good("follow  off"), "followed\n");
  EXPECT_THAT(host.followed, ElementsAre(std::nullopt, true, false));
  expect_unknown("follow me");
}

TEST_F(MonitorTest, GatesTakeTheRestOfTheLine) {
  EXPECT_EQ(good("hold cmdline=*a b*"), "set\n");
  EXPECT_EQ(good("ignore exec=*/sh"), "set\n");
  EXPECT_THAT(host.gates,
              ElementsAre(Pair(GateKind::hold, "cmdline=*a b*"), Pair(GateKind::ignore, "exec=*/sh")));
  expect_unknown("hold");
  expect_unknown("ignore");
}

TEST_F(MonitorTest, Switches) {
  EXPECT_EQ(good("set debug 1"), "Debug output enabled.\n");
  EXPECT_EQ(log.level(), LogLevel::debug);
  EXPECT_EQ(good("set debug 1"), "Debug output enabled.\n");
  EXPECT_EQ(good("set debug 0"), "Debug output disabled.\n");
  EXPECT_EQ(log.level(), LogLevel::off);
  EXPECT_EQ(good("set remote-debug 1"), "Protocol debug output enabled.\n");
  EXPECT_TRUE(packets.active());
  EXPECT_EQ(good("set remote-debug 0"), "Protocol debug output disabled.\n");
  EXPECT_FALSE(packets.active());
  EXPECT_EQ(good("set debug-hw-points 1"), "H/W point debugging output enabled.\n");
  EXPECT_EQ(good("set event-loop-debug 0"), "Event loop debug output disabled.\n");
}

TEST_F(MonitorTest, SwitchingDebugOffGoesBackToWhatTheCommandLineAskedFor) {
  log.set_level(LogLevel::info);
  good("set debug 1");
  good("set debug 0");
  EXPECT_EQ(log.level(), LogLevel::info);
}

TEST_F(MonitorTest, DebugFormat) {
  EXPECT_EQ(good("set debug-format all"), "All extra debug format options enabled.\n");
  EXPECT_EQ(good("set debug-format none"), "All extra debug format options disabled.\n");
  EXPECT_EQ(good("set debug-format timestamp"), "Timestamps will be added to debug output.\n");
  const auto bad = monitor.run("set debug-format pretty");
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error().text, "Unknown debug-format argument: \"pretty\"\n");
}

TEST_F(MonitorTest, LibthreadDbPath) {
  EXPECT_EQ(good("set libthread-db-search-path /a:/b"), "libthread-db-search-path set to `/a:/b'\n");
  EXPECT_EQ(host.libthread_db, "/a:/b");
}

TEST_F(MonitorTest, Who) {
  EXPECT_EQ(good(" who "), "client 1\n");
}

TEST_F(MonitorTest, EverythingElseIsUnknown) {
  for (const char* command : {"", "   ", "foo", "set", "set debug", "set debug 2", "set debug 1 1",
                              "exit now", "help me", "set unknown 1", "EXIT"}) {
    expect_unknown(command);
  }
  EXPECT_EQ(host.exits, 0);
}

TEST_F(MonitorTest, DebugFormatsAddUp) {
  EXPECT_TRUE(apply_debug_format(log, "none,timestamp"));
  EXPECT_TRUE(apply_debug_format(log, ""));
  EXPECT_FALSE(apply_debug_format(log, "all,bogus"));
}

}  // namespace
}  // namespace cotrace::server
