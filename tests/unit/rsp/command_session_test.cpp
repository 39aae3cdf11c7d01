#include "rsp/command_session.h"

#include <gtest/gtest.h>

namespace cotrace::rsp {
namespace {

using State = Supported::Feature::State;

TEST(SupportedPacket, KeepsEveryItemTheFirstIncluded) {
  const auto packet = Supported::parse("multiprocess+;xmlRegisters=i386;swbreak-;maybe?;fork-events+");
  ASSERT_TRUE(packet);
  ASSERT_EQ(packet->features.size(), 5U);
  EXPECT_EQ(packet->features[0].name, "multiprocess");
  EXPECT_EQ(packet->features[1].state, State::value);
  EXPECT_EQ(packet->features[1].value, "i386");
  EXPECT_EQ(packet->features[2].state, State::no);
  EXPECT_EQ(packet->features[3].state, State::maybe);
  EXPECT_TRUE(packet->has("multiprocess"));
  EXPECT_TRUE(packet->has("fork-events"));
  EXPECT_FALSE(packet->has("swbreak"));
  EXPECT_FALSE(packet->has("xmlRegisters"));
  EXPECT_FALSE(packet->has("fork"));
}

TEST(SupportedPacket, LeavesOutWhatMakesNoSense) {
  const auto packet = Supported::parse(";;+;=x;word;a+;b=c+;");
  ASSERT_TRUE(packet);
  ASSERT_EQ(packet->features.size(), 2U);
  EXPECT_EQ(packet->features[0].name, "a");
  EXPECT_EQ(packet->features[1].value, "c+");
}

TEST(SupportedPacket, MayBeEmpty) {
  EXPECT_TRUE(Supported::parse("")->features.empty());
}

TEST(NonStopPacket, IsASwitch) {
  EXPECT_TRUE(NonStop::parse("1")->on);
  EXPECT_FALSE(NonStop::parse("0")->on);
  for (const auto* text : {"", "2", "01", "1;", "-1"}) EXPECT_FALSE(NonStop::parse(text)) << text;
}

TEST(MonitorPacket, IsDecoded) {
  EXPECT_EQ(MonitorCommand::parse("68656c70")->text, "help");
  EXPECT_EQ(MonitorCommand::parse("")->text, "");
  for (const auto* text : {"6", "zz", "00"}) EXPECT_FALSE(MonitorCommand::parse(text)) << text;
}

}  // namespace
}  // namespace cotrace::rsp
