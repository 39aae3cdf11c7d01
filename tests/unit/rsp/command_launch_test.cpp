#include "rsp/command_launch.h"

#include <gtest/gtest.h>

namespace cotrace::rsp {
namespace {

TEST(LaunchPacket, HasWordsWithTheirLengthsAndIndexes) {
  EXPECT_EQ(LaunchArguments::parse("4,0,2f61,0,1,,2,2,62")->words, (std::vector<std::string>{"/a", "", "b"}));
  for (const auto* text :
       {"", "4,0", "2,0,2f61", "4,1,2f61", "4,0,2f6", "0,0,", "4,0,2f61,2,2,62", "4,0,2f00"})
    EXPECT_FALSE(LaunchArguments::parse(text)) << text;
}

TEST(PlainEnvironmentPacket, HasANameAndAValue) {
  const auto parsed = PlainEnvironment::parse("A=b=c");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->variable, "A");
  EXPECT_EQ(parsed->value, "b=c");
  EXPECT_EQ(PlainEnvironment::parse("A=")->value, "");
  for (const auto* text : {"", "A", "=b"}) EXPECT_FALSE(PlainEnvironment::parse(text)) << text;
}

TEST(AttachByNamePackets, HaveAName) {
  EXPECT_EQ(AttachName::parse("6361")->program, "ca");
  EXPECT_EQ(AttachWait::parse("6361")->program, "ca");
  EXPECT_EQ(AttachOrWait::parse("6361")->program, "ca");
  for (const auto* text : {"", "6", "6300", "x"}) EXPECT_FALSE(AttachName::parse(text)) << text;
}

TEST(SwitchPackets, AreOnOrOff) {
  EXPECT_TRUE(DisableAslr::parse("1")->on);
  EXPECT_FALSE(DetachOnError::parse("0")->detach);
  EXPECT_FALSE(DisableAslr::parse("2"));
}

TEST(StreamPackets, HaveAPathOrNone) {
  EXPECT_EQ(SetStandardOutput::parse("2f61")->path, "/a");
  EXPECT_EQ(SetStandardInput::parse("")->path, "");
  EXPECT_FALSE(SetStandardError::parse("2f0"));
}

}  // namespace
}  // namespace cotrace::rsp
