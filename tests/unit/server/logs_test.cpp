// The log and the packet log.
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <string>

#include "server/log.h"
#include "server/packet_log.h"
#include "unit/server/support.h"

namespace cotrace::server {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing::read_now;

struct Costly {};

}  // namespace
}  // namespace cotrace::server

template <>
struct fmt::formatter<cotrace::server::Costly> : fmt::formatter<int> {
  template <class Context>
  auto format(const cotrace::server::Costly&, Context& context) const {
    ADD_FAILURE() << "formatted below the level";
    return context.out();
  }
};

namespace cotrace::server {
namespace {

class LogTest : public ::testing::Test {
 protected:
  std::string shown() { return read_now(pipe.ours.get()); }
  std::unique_ptr<base::Reactor> reactor = testing::make_reactor();
  testing::SocketPair pipe = testing::pipe_pair();
  Notices notices{*reactor, pipe.theirs.get()};
  Log log{notices};
  testing::TemporaryDirectory directory;
};

std::string contents(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(LogTest, SaysNothingUnlessAsked) {
  log.info("a {}", Costly{});
  log.debug("b {}", Costly{});
  log.set_level(LogLevel::info);
  log.debug("c {}", Costly{});
  log.info("client {}", 1);
  log.set_level(LogLevel::off);
  log.info("d");
  EXPECT_THAT(shown(), MatchesRegex("[0-9:.]+ cotrace: client 1\n"));
}

TEST_F(LogTest, TimesCanBeLeftOut) {
  log.set_level(LogLevel::debug);
  log.set_timestamps(false);
  log.debug("plain");
  EXPECT_EQ(shown(), "cotrace: plain\n");
}

TEST_F(LogTest, GoesToAFileInstead) {
  const auto path = directory / "debug.txt";
  ASSERT_TRUE(log.to_file(path));
  log.set_level(LogLevel::info);
  log.info("to the file");
  EXPECT_THAT(contents(path), HasSubstr("to the file\n"));
  EXPECT_FALSE(log.to_file("/no/such/directory/file"));
}

TEST(PacketLine, ShowsDirectionClientAndEveryByte) {
  EXPECT_EQ(packet_line(1, true, "vCont;c"), "1 <- vCont;c");
  EXPECT_EQ(packet_line(12, false, std::string("X\\\x00\x7f\xff ", 6)), "12 -> X\\\\\\x00\\x7f\\xff ");
}

TEST(ClockText, HasMicroseconds) {
  EXPECT_THAT(clock_text(std::chrono::system_clock::time_point(std::chrono::microseconds(42))),
              MatchesRegex("[0-2][0-9]:[0-5][0-9]:00.000042"));
}

TEST_F(LogTest, PacketsGoToTheirFileWithTimes) {
  PacketLog packets(log);
  packets.packet(1, true, "nobody listens");
  EXPECT_FALSE(packets.active());
  const auto path = directory / "packets";
  std::ofstream(path) << "of an earlier run";
  ASSERT_TRUE(packets.to_file(path));
  packets.packet(1, true, "g");
  packets.packet(1, false, "E01");
  EXPECT_THAT(contents(path), MatchesRegex("[0-9:.]+ 1 <- g\n[0-9:.]+ 1 -> E01\n"));
  EXPECT_EQ(shown(), "");
}

TEST_F(LogTest, PacketsAreShownWhileAskedFor) {
  PacketLog packets(log);
  packets.set_shown(true);
  packets.packet(3, false, "OK");
  packets.set_shown(false);
  packets.packet(3, false, "E02");
  EXPECT_THAT(shown(), MatchesRegex("[0-9:.]+ cotrace: 3 -> OK\n"));
}

}  // namespace
}  // namespace cotrace::server
