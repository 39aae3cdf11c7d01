#include "rsp/command_memory.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "rsp/command_register.h"

namespace cotrace::rsp {
namespace {

TEST(ReadMemoryPacket, HasAddressAndLength) {
  const auto packet = ReadMemory::parse("7fffffffe000,40");
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->address, Addr{0x7fffffffe000});
  EXPECT_EQ(packet->length, 0x40U);
  EXPECT_EQ(ReadMemory::parse("ffffffffffffffff,ffffffffffffffff")->length, 0xffffffffffffffffU);
}

TEST(ReadMemoryPacket, RefusesGarbage) {
  for (const auto* text : {"", ",", "1", "1,", ",1", "1,1,1", "1:1", "-1,1", "1,-1", "0x1,1",
                           "11112222333344445,1", "1,11112222333344445", " 1,1", "1, 1"}) {
    EXPECT_FALSE(ReadMemory::parse(text)) << text;
    EXPECT_FALSE(ReadMemoryBinary::parse(text)) << text;
    EXPECT_FALSE(MemoryCrc::parse(text)) << text;
  }
}

TEST(WriteMemoryPacket, HasAsManyBytesAsItSays) {
  const auto packet = WriteMemory::parse("1000,3:0102ff");
  ASSERT_TRUE(packet);
  EXPECT_EQ(base::to_hex(packet->bytes), "0102ff");
  EXPECT_TRUE(WriteMemory::parse("1000,0:")->bytes.empty());
  for (const auto* text :
       {"1000,2:01", "1000,1:0102", "1000,1:0", "1000,1:zz", "1000,1", "1000,8000000000000000:", "1000:01"}) {
    EXPECT_FALSE(WriteMemory::parse(text)) << text;
  }
}

TEST(WriteMemoryBinaryPacket, TakesAnyBytes) {
  using namespace std::string_view_literals;
  const auto packet = WriteMemoryBinary::parse("1000,5:\0,:#}"sv);
  ASSERT_TRUE(packet);
  EXPECT_EQ(base::to_hex(packet->bytes), "002c3a237d");
  EXPECT_TRUE(WriteMemoryBinary::parse("0,0:")->bytes.empty());
  EXPECT_FALSE(WriteMemoryBinary::parse("0,2:a"));
  EXPECT_FALSE(WriteMemoryBinary::parse("0,0"));
}

TEST(SearchPacket, HasABinaryPattern) {
  const auto packet = SearchMemory::parse("1000;20;a;b");
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->address, Addr{0x1000});
  EXPECT_EQ(packet->length, 0x20U);
  EXPECT_EQ(base::to_hex(packet->pattern), "613b62");
  for (const auto* text : {"", "1000", "1000;20", "1000;20;", "1000,20;a"}) {
    EXPECT_FALSE(SearchMemory::parse(text)) << text;
  }
}

TEST(RegisterPackets, HaveNumbersAndContents) {
  EXPECT_EQ(ReadRegister::parse("10")->number, 16);
  EXPECT_EQ(WriteRegister::parse("10=00ff")->number, 16);
  EXPECT_EQ(base::to_hex(WriteRegister::parse("10=00ff")->value), "00ff");
  EXPECT_EQ(WriteRegisters::parse("0011")->block.size(), 2U);
}

TEST(RegisterPackets, RefuseGarbage) {
  for (const auto* text : {"", "x", "1=", "80000000", "ffffffffffffffff", "-1"}) {
    EXPECT_FALSE(ReadRegister::parse(text)) << text;
  }
  for (const auto* text : {"", "1", "1=", "=00", "1=0", "1=0x", "80000000=00", "1:00"}) {
    EXPECT_FALSE(WriteRegister::parse(text)) << text;
  }
  for (const auto* text : {"", "0", "xx", "00 "}) EXPECT_FALSE(WriteRegisters::parse(text)) << text;
}

}  // namespace
}  // namespace cotrace::rsp
