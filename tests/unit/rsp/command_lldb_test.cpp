#include "rsp/command_lldb.h"

#include <gtest/gtest.h>

namespace cotrace::rsp {
namespace {

TEST(MemoryRegionPacket, HasAnAddressOrAsksWhetherItIsKnown) {
  EXPECT_EQ(MemoryRegionInfo::parse("7ffff7fc8000")->address, Addr{0x7ffff7fc8000});
  ASSERT_TRUE(MemoryRegionInfo::parse(""));
  EXPECT_FALSE(MemoryRegionInfo::parse("")->address);
  for (const auto* text : {"x", "10,2", "10;", "-1", "11112222333344445"})
    EXPECT_FALSE(MemoryRegionInfo::parse(text)) << text;
}

TEST(ThreadStopInfoPacket, HasAThreadAlone) {
  EXPECT_EQ(ThreadStopInfo::parse("1f")->thread, Tid{31});
  for (const auto* text : {"", "p1.2", "x", "1;", "80000000"})
    EXPECT_FALSE(ThreadStopInfo::parse(text)) << text;
}

TEST(ThreadSuffix, IsCutOff) {
  const auto with = split_thread_suffix("10=00ff;thread:p1.2;");
  ASSERT_TRUE(with);
  EXPECT_EQ(with->arguments, "10=00ff");
  EXPECT_EQ(with->thread, "p1.2");
  EXPECT_EQ(split_thread_suffix(";thread:5")->thread, "5");
  EXPECT_EQ(split_thread_suffix(";thread:5")->arguments, "");
  EXPECT_EQ(split_thread_suffix(";thread:;")->thread, "");
  EXPECT_FALSE(split_thread_suffix("10"));
  EXPECT_FALSE(split_thread_suffix("10;thread"));
}

TEST(ThreadSuffix, MayBeAllThatThereIs) {
  EXPECT_EQ(split_thread_suffix("thread:1f;")->thread, "1f");
  EXPECT_EQ(split_thread_suffix("thread:1f;")->arguments, "");
}

TEST(MemoryPackets, HaveASizeAndRights) {
  const auto parsed = AllocateMemory::parse("1000,rx");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->size, 0x1000U);
  EXPECT_TRUE(parsed->read && parsed->execute && !parsed->write);
  for (const auto* text : {"", "1000", "x,r", "1000,q", "1000;r"})
    EXPECT_FALSE(AllocateMemory::parse(text)) << text;
  EXPECT_EQ(DeallocateMemory::parse("7f00")->address, Addr{0x7f00});
  EXPECT_FALSE(DeallocateMemory::parse("7f00,1"));
}

TEST(RegisterStatePackets, HaveADecimalNumber) {
  EXPECT_EQ(RestoreRegisters::parse("12")->number, 12U);
  for (const auto* text : {"", "1f", "-1", "4294967296"}) EXPECT_FALSE(RestoreRegisters::parse(text)) << text;
  EXPECT_TRUE(SaveRegisters::parse(""));
}

}  // namespace
}  // namespace cotrace::rsp
