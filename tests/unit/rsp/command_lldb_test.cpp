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

}  // namespace
}  // namespace cotrace::rsp
