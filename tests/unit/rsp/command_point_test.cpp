#include "rsp/command_point.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "rsp/command_event.h"

namespace cotrace::rsp {
namespace {

TEST(InsertPacket, APlainBreakpoint) {
  const auto packet = InsertPoint::parse("0,555555555148,1");
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->type, PointType::software);
  EXPECT_EQ(packet->address, Addr{0x555555555148});
  EXPECT_EQ(packet->kind, 1U);
  EXPECT_TRUE(packet->conditions.empty());
  EXPECT_TRUE(packet->commands.empty());
}

TEST(InsertPacket, EveryType) {
  EXPECT_EQ(InsertPoint::parse("1,10,1")->type, PointType::hardware);
  EXPECT_EQ(InsertPoint::parse("2,10,8")->type, PointType::write_watch);
  EXPECT_EQ(InsertPoint::parse("3,10,8")->type, PointType::read_watch);
  EXPECT_EQ(InsertPoint::parse("4,10,8")->type, PointType::access_watch);
  EXPECT_EQ(InsertPoint::parse("5,10,8")->type, std::nullopt);
  EXPECT_EQ(RemovePoint::parse("ffff,10,8")->type, std::nullopt);
}

TEST(InsertPacket, ConditionsAsGdbSendsThem) {
  const auto packet = InsertPoint::parse("0,10,1;X3,220127X2,2827");
  ASSERT_TRUE(packet);
  ASSERT_EQ(packet->conditions.size(), 2U);
  EXPECT_EQ(base::to_hex(packet->conditions[0]), "220127");
  EXPECT_EQ(base::to_hex(packet->conditions[1]), "2827");
}

TEST(InsertPacket, ConditionsWithSemicolonsBetween) {
  EXPECT_EQ(InsertPoint::parse("0,10,1;X1,27;X1,27")->conditions.size(), 2U);
}

// As gdb 13.1 sent it for a dprintf.
TEST(InsertPacket, CommandsAsGdbSendsThem) {
  const auto packet = InsertPoint::parse("0,555555555148,1;cmds:1,Xc,220022003400000300616227");
  ASSERT_TRUE(packet);
  EXPECT_TRUE(packet->persist);
  ASSERT_EQ(packet->commands.size(), 1U);
  EXPECT_EQ(packet->commands[0].size(), 12U);
  EXPECT_TRUE(packet->conditions.empty());
}

TEST(InsertPacket, ConditionsAndCommandsTogether) {
  const auto packet = InsertPoint::parse("0,10,1;X1,27;cmds:0,X2,2827X1,27");
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->conditions.size(), 1U);
  EXPECT_EQ(packet->commands.size(), 2U);
  EXPECT_FALSE(packet->persist);
}

TEST(InsertPacket, RefusesGarbage) {
  for (const auto* text : {"",
                           "0",
                           "0,10",
                           "0,10,",
                           ",10,1",
                           "0,10,1,",
                           "0,10,1;",
                           "0,10,1;X",
                           "0,10,1;X1",
                           "0,10,1;X1,",
                           "0,10,1;X1,2",
                           "0,10,1;X1,zz",
                           "0,10,1;X2,27",
                           "0,10,1;X1,2727",
                           "0,10,1;Xffffffffffffffff,27",
                           "0,10,1;X8000000000000001,27",
                           "0,10,1;cmds:",
                           "0,10,1;cmds:1",
                           "0,10,1;cmds:1,",
                           "0,10,1;cmds:2,X1,27",
                           "0,10,1;cmds:1,X1,27;cmds:1,X1,27",
                           "0,10,1;Y1,27",
                           "0,10,1;X1,27;",
                           "x,10,1"}) {
    EXPECT_FALSE(InsertPoint::parse(text)) << text;
  }
}

TEST(RemovePacket, HasNothingBehindItsKind) {
  EXPECT_EQ(RemovePoint::parse("2,10,4")->kind, 4U);
  EXPECT_FALSE(RemovePoint::parse("2,10,4;X1,27"));
  EXPECT_FALSE(RemovePoint::parse("2,10"));
}

TEST(SignalListPackets, ReplaceTheList) {
  const auto packet = PassSignals::parse("e;10;97");
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->signals, (std::vector<GdbSignal>{GdbSignal{14}, GdbSignal{16}, GdbSignal{0x97}}));
  EXPECT_TRUE(ProgramSignals::parse("")->signals.empty());
  for (const auto* text : {"x", "1;;2", ";1", "100", "1,2"}) EXPECT_FALSE(PassSignals::parse(text)) << text;
}

TEST(CatchSyscallsPacket, AllSomeOrNone) {
  EXPECT_FALSE(CatchSyscalls::parse("0")->on);
  EXPECT_TRUE(CatchSyscalls::parse("1")->on);
  EXPECT_TRUE(CatchSyscalls::parse("1")->numbers.empty());
  EXPECT_EQ(CatchSyscalls::parse("1;0;e7")->numbers, (std::vector<std::uint64_t>{0, 231}));
  for (const auto* text : {"", "2", "1;x", "0;1", "1,2"}) EXPECT_FALSE(CatchSyscalls::parse(text)) << text;
}

}  // namespace
}  // namespace cotrace::rsp
