#include "rsp/command_thread.h"

#include <gtest/gtest.h>

namespace cotrace::rsp {
namespace {

ThreadId one(int pid, int tid) {
  return {Selector<Pid>::one(Pid{pid}), Selector<Tid>::one(Tid{tid})};
}

TEST(SelectThreadPacket, TellsBothKinds) {
  EXPECT_EQ(SelectThread::parse("gp1.2")->what, SelectThread::For::general);
  EXPECT_EQ(SelectThread::parse("gp1.2")->thread, one(1, 2));
  EXPECT_EQ(SelectThread::parse("c-1")->what, SelectThread::For::resume);
  EXPECT_EQ(SelectThread::parse("c-1")->thread.thread, Selector<Tid>::all());
  for (const auto* text : {"", "g", "p1.1", "x1", "gg1", "g1,"})
    EXPECT_FALSE(SelectThread::parse(text)) << text;
}

TEST(TlsPacket, HasThreadOffsetAndModule) {
  const auto packet = TlsAddress::parse("p1.2,10,7ffff7ffe2c0");
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->thread, one(1, 2));
  EXPECT_EQ(packet->offset, 0x10U);
  EXPECT_EQ(packet->link_map, Addr{0x7ffff7ffe2c0});
  for (const auto* text : {"", "p1.2", "p1.2,", "p1.2,1", "p1.2,1,", "p1.2,1,2,3", "x,1,2"}) {
    EXPECT_FALSE(TlsAddress::parse(text)) << text;
  }
}

TEST(ThreadOptionsPacket, KeepsTheOrderOfItsItems) {
  const auto packet = ThreadOptions::parse("0;3:p1.2;1:p1.-1");
  ASSERT_TRUE(packet);
  ASSERT_EQ(packet->items.size(), 3U);
  EXPECT_EQ(packet->items[0].options, 0U);
  EXPECT_FALSE(packet->items[0].who);
  EXPECT_EQ(packet->items[1].options, 3U);
  EXPECT_EQ(packet->items[1].who, one(1, 2));
  EXPECT_EQ(packet->items[2].who->thread, Selector<Tid>::all());
  for (const auto* text : {"", ":p1.1", "1:", "1:x", "x", "1;;2", "1p1.1"}) {
    EXPECT_FALSE(ThreadOptions::parse(text)) << text;
  }
}

TEST(ThreadPackets, RefuseGarbage) {
  EXPECT_FALSE(ThreadAlive::parse(""));
  EXPECT_FALSE(ThreadAlive::parse("p1.1;"));
  EXPECT_FALSE(ThreadExtraInfo::parse("zz"));
  EXPECT_FALSE(ThreadEvents::parse("yes"));
  EXPECT_FALSE(CurrentThread::parse("1"));
}

}  // namespace
}  // namespace cotrace::rsp
