#include "rsp/command_resume.h"

#include <gtest/gtest.h>

namespace cotrace::rsp {
namespace {

using Go = ResumeThreads::Go;
using RangeStep = ResumeThreads::RangeStep;

TEST(OldResumePackets, MayNameAnAddress) {
  EXPECT_FALSE(Continue::parse("")->from);
  EXPECT_EQ(Continue::parse("1000")->from, Addr{0x1000});
  EXPECT_EQ(Step::parse("ffffffffffffffff")->from, Addr{0xffffffffffffffff});
  EXPECT_FALSE(Continue::parse("x"));
  EXPECT_FALSE(Step::parse("10;"));
}

TEST(OldResumePackets, CarryAGdbSignal) {
  EXPECT_EQ(ContinueWithSignal::parse("1e")->signal, GdbSignal{30});
  EXPECT_FALSE(ContinueWithSignal::parse("1e")->from);
  EXPECT_EQ(StepWithSignal::parse("0b;1000")->from, Addr{0x1000});
  for (const auto* text : {"", ";1000", "5;", "5;x", "100", "5,1000", "-1"}) {
    EXPECT_FALSE(ContinueWithSignal::parse(text)) << text;
    EXPECT_FALSE(StepWithSignal::parse(text)) << text;
  }
}

TEST(VCont, KeepsTheOrderOfItsItems) {
  const auto packet = ResumeThreads::parse("s:p1.2;C1e:p1.-1;r1000,1010:p2.2;t:p3.-1;S05:4;c");
  ASSERT_TRUE(packet);
  ASSERT_EQ(packet->items.size(), 6U);
  EXPECT_TRUE(std::holds_alternative<ResumeThreads::Step>(packet->items[0].action));
  EXPECT_EQ(packet->items[0].who->thread, Selector<Tid>::one(Tid{2}));
  EXPECT_EQ(std::get<Go>(packet->items[1].action).signal, GdbSignal{30});
  EXPECT_EQ(packet->items[1].who->thread, Selector<Tid>::all());
  EXPECT_EQ(std::get<RangeStep>(packet->items[2].action).start, Addr{0x1000});
  EXPECT_EQ(std::get<RangeStep>(packet->items[2].action).end, Addr{0x1010});
  EXPECT_TRUE(std::holds_alternative<ResumeThreads::Stop>(packet->items[3].action));
  EXPECT_EQ(std::get<ResumeThreads::Step>(packet->items[4].action).signal, GdbSignal{5});
  EXPECT_FALSE(packet->items[4].who->process);
  EXPECT_EQ(std::get<Go>(packet->items[5].action).signal, gdb_signal::none);
  EXPECT_FALSE(packet->items[5].who);
}

TEST(VCont, RefusesGarbage) {
  for (const auto* text : {"", ";", "c;;c", "x", "c:", "c:zz", "c1", "C", "C:1", "C100", "S", "r", "r1",
                           "r1,", "r1,2,3", "t5", "c:p1.1:2", "cc", "?"}) {
    EXPECT_FALSE(ResumeThreads::parse(text)) << text;
  }
}

TEST(BareResumePackets, HaveNoArguments) {
  EXPECT_TRUE(NextStop::parse(""));
  EXPECT_FALSE(NextStop::parse("x"));
  EXPECT_FALSE(InterruptTarget::parse("x"));
  EXPECT_FALSE(ResumeSupported::parse("x"));
}

}  // namespace
}  // namespace cotrace::rsp
