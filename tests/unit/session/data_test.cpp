// Registers, memory, breakpoints.
#include <gmock/gmock.h>

#include "rsp/crc.h"
#include "unit/session/client.h"

namespace cotrace::session::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr const char* zero_block = "0000000000000000000000000000000000000000";

TEST_F(SessionTest, ReadsAllRegistersWithUnavailableOnesAsX) {
  EXPECT_EQ(ask("g"), zero_block);
  target.unavailable = {1};
  EXPECT_EQ(ask("g"), "0000000000000000xxxxxxxx0000000000000000");
}

TEST_F(SessionTest, WritesAllRegistersOrNone) {
  EXPECT_EQ(ask("G0100000000000000020000000300000000000000"), "OK");
  EXPECT_EQ(ask("g"), "0100000000000000020000000300000000000000");
  EXPECT_EQ(ask("G0100"), "E01");
  EXPECT_EQ(ask("G" + std::string(42, '0')), "E01");
  EXPECT_EQ(ask("g"), "0100000000000000020000000300000000000000");
}

TEST_F(SessionTest, ReadsAndWritesOneRegister) {
  EXPECT_EQ(ask("P1=78563412"), "OK");
  EXPECT_EQ(ask("p1"), "78563412");
  EXPECT_EQ(ask("p3"), "E01");
  EXPECT_EQ(ask("pffffffff"), "E01");
  EXPECT_EQ(ask("P3=00"), "E01");
  EXPECT_EQ(ask("P1=7856341200"), "E01");  // too long
  EXPECT_EQ(ask("P1=78"), "E01");          // too short
  EXPECT_EQ(ask("p1"), "78563412");
  target.unavailable = {1};
  EXPECT_EQ(ask("p1"), "xxxxxxxx");
}

TEST_F(SessionTest, ThreadsThatDieGiveErrorsForTheirRegisters) {
  target.register_error = Error{Errc::gone, ESRCH, "gone"};
  EXPECT_EQ(ask("g"), "E01");
  EXPECT_EQ(ask("p0"), "E01");
}

TEST_F(SessionTest, AStaleWriteIsRefusedInWords) {
  target.register_error = Error{Errc::stale, 0, "The thread has moved since"};
  EXPECT_THAT(ask(std::string("G") + zero_block), StartsWith("E.The thread has moved"));
  EXPECT_THAT(ask("P0=0000000000000000"), StartsWith("E.The thread has moved"));
}

TEST_F(SessionTest, ReadsMemoryAsFarAsItGoes) {
  target.memory = "abcd";
  EXPECT_EQ(ask("m1000,2"), "6162");
  EXPECT_EQ(ask("m1002,10"), "6364");
  EXPECT_EQ(ask("m1004,1"), "E01");
  EXPECT_EQ(ask("m1000,0"), "E01");
  EXPECT_EQ(ask("m0,4"), "E01");
  EXPECT_EQ(ask("mffffffffffffffff,4"), "E01");
}

TEST_F(SessionTest, OneReplyHoldsNoMoreThanAPacket) {
  target.memory.assign(0x40000, 'a');
  EXPECT_EQ(ask("m1000,ffffffffffffffff").size(), 0x20000U);
  EXPECT_EQ(ask("x1000,ffffffffffffffff").size(), 0x20000U);
  target.memory.assign(0x40000, '#');  // each of them two characters
  const auto reply = ask("x1000,40000");
  EXPECT_LE(reply.size(), 0x20000U);
  EXPECT_GT(reply.size(), 0x1fffcU);
}

TEST_F(SessionTest, ReadsMemoryInBinary) {
  target.memory = "a}b#c$d*e";
  EXPECT_EQ(ask("x1000,9"),
            "ba}]b}\x03"
            "c}\x04"
            "d}\x0a"
            "e");
  EXPECT_EQ(ask("x1000,0"), "b");
  EXPECT_EQ(ask("x0,4"), "E01");
}

TEST_F(SessionTest, WritesMemoryInHexAndBinary) {
  EXPECT_EQ(ask("M1000,3:616263"), "OK");
  EXPECT_EQ(target.memory.substr(0, 3), "abc");
  EXPECT_EQ(ask("X1001,3:x}\x03y"), "OK");
  EXPECT_EQ(target.memory.substr(0, 4), "ax#y");
  EXPECT_EQ(ask("X1000,0:"), "OK");
  EXPECT_EQ(ask("M1000,0:"), "OK");
  target.take_calls();
  EXPECT_EQ(ask("M10ff,2:6161"), "E01");
  EXPECT_EQ(ask("X9000,1:a"), "E01");
  EXPECT_THAT(target.take_calls(), IsEmpty());
}

TEST_F(SessionTest, FindsBytesAcrossPieces) {
  target.memory.assign(0x30000, '.');
  target.memory.replace(0xfffe, 6, "needle");
  EXPECT_EQ(ask("qSearch:memory:1000;30000;needle"), "1,10ffe");
  EXPECT_EQ(ask("qSearch:memory:11000;10000;needle"), "0");
  EXPECT_EQ(ask("qSearch:memory:10ffe;6;needle"), "1,10ffe");
  EXPECT_EQ(ask("qSearch:memory:10ffe;5;needle"), "0");
  EXPECT_EQ(ask("qSearch:memory:1000;1;needle"), "0");
}

TEST_F(SessionTest, ASearchThatCannotReadIsAnError) {
  target.memory = "aaab";
  EXPECT_EQ(ask("qSearch:memory:1000;4;b"), "1,1003");
  EXPECT_EQ(ask("qSearch:memory:1000;100;c"), "E01");
  EXPECT_EQ(ask("qSearch:memory:0;4;a"), "E01");
  EXPECT_EQ(ask("qSearch:memory:1000;ffffffffffffffff;a"), "E01");
  EXPECT_EQ(ask("qSearch:memory:1000;80000000;a"), "E01");
}

TEST_F(SessionTest, ChecksumOfMemory) {
  target.memory.assign(0x30000, 'q');
  const auto crc = rsp::crc_update(rsp::crc_start, bytes_of(target.memory));
  EXPECT_EQ(ask("qCRC:1000,30000"), fmt::format("C{:x}", crc));
  EXPECT_EQ(ask("qCRC:1000,30001"), "E01");
  EXPECT_EQ(ask("qCRC:1000,ffffffffffff"), "E01");
}

TEST_F(SessionTest, InsertsAndRemovesPointsInTheSelectedProcess) {
  target.add(ref(5, 5));
  ask("Hgp5.5");
  EXPECT_EQ(ask("Z0,401000,1"), "OK");
  EXPECT_EQ(ask("Z1,401000,1"), "OK");
  EXPECT_EQ(ask("Z2,601000,8"), "OK");
  EXPECT_EQ(ask("Z4,601000,4"), "OK");
  EXPECT_EQ(ask("z4,601000,4"), "OK");
  EXPECT_THAT(target.take_calls(), ElementsAre("insert 5.5 0 401000 1 cond=0 cmds=0",  //
                                               "insert 5.5 1 401000 1 cond=0 cmds=0",  //
                                               "insert 5.5 2 601000 8 cond=0 cmds=0",  //
                                               "insert 5.5 4 601000 4 cond=0 cmds=0",  //
                                               "remove 5.5 4 601000 4"));
}

TEST_F(SessionTest, ConditionsAndCommandsGoAlong) {
  EXPECT_EQ(ask("Z0,401000,1;X3,220127;X1,27;cmds:1,X2,2227"), "OK");
  EXPECT_THAT(target.take_calls(), ElementsAre("insert 1.1 0 401000 1 cond=2 cmds=1 persist"));
  EXPECT_EQ(target.point_part.last.conditions[0], bytes_of("\x22\x01\x27"));
  EXPECT_EQ(target.point_part.last.commands[0], bytes_of("\x22\x27"));
}

TEST_F(SessionTest, TypesOfPointsThatAreNotThereAreUnknown) {
  EXPECT_EQ(ask("Z3,601000,8"), "");  // x86 has no read watchpoints
  EXPECT_EQ(ask("z3,601000,8"), "");
  EXPECT_EQ(ask("Z5,601000,8"), "");
  EXPECT_EQ(ask("z9,601000,8"), "");
}

TEST_F(SessionTest, ARefusedPointIsAnError) {
  target.point_part.error = Error{Errc::no_resources, 0, "No debug register is free."};
  EXPECT_EQ(ask("Z2,601000,8"), "E01");
  EXPECT_EQ(ask("z2,601000,8"), "E01");
}

}  // namespace
}  // namespace cotrace::session::test
