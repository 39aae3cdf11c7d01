#include "rsp/command_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cotrace::rsp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(RunPacket, HasProgramAndArguments) {
  const auto packet = Run::parse("2f62696e2f6c73;2d6c;2f");
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->program, "/bin/ls");
  EXPECT_THAT(packet->arguments, ElementsAre("-l", "/"));
}

TEST(RunPacket, KeepsEmptyArguments) {
  EXPECT_THAT(Run::parse("61;;62;")->arguments, ElementsAre("", "b", ""));
  EXPECT_THAT(Run::parse(";")->arguments, ElementsAre(""));
  EXPECT_THAT(Run::parse("61")->arguments, IsEmpty());
}

TEST(RunPacket, AnEmptyProgramIsTheLastOne) {
  EXPECT_EQ(Run::parse("")->program, "");
  EXPECT_THAT(Run::parse("")->arguments, IsEmpty());
}

TEST(RunPacket, KeepsNewlinesAndBlanks) {
  EXPECT_THAT(Run::parse("61;0a;2020")->arguments, ElementsAre("\n", "  "));
}

TEST(RunPacket, RefusesGarbage) {
  for (const auto* text : {"6", "61;6", "61;zz", "00", "61;6100"}) EXPECT_FALSE(Run::parse(text)) << text;
}

TEST(ProcessPackets, NameAProcess) {
  EXPECT_EQ(Attach::parse("2a")->pid, Pid{42});
  EXPECT_EQ(Kill::parse("2a")->pid, Pid{42});
  EXPECT_EQ(Detach::parse(";2a")->pid, Pid{42});
  EXPECT_EQ(Detach::parse("")->pid, std::nullopt);
  EXPECT_EQ(Attached::parse("2a")->pid, Pid{42});
  EXPECT_EQ(Attached::parse("")->pid, std::nullopt);
  for (const auto* text : {"0", "-1", "80000000", "x", "1;"}) {
    EXPECT_FALSE(Attach::parse(text)) << text;
    EXPECT_FALSE(Kill::parse(text)) << text;
    EXPECT_FALSE(Attached::parse(text)) << text;
    EXPECT_FALSE(Detach::parse(std::string(";") + text)) << text;
  }
  EXPECT_FALSE(Detach::parse(";"));
  EXPECT_FALSE(Detach::parse("1"));
}

TEST(RestartPacket, IgnoresWhatFollows) {
  EXPECT_TRUE(Restart::parse("00"));
  EXPECT_TRUE(Restart::parse(""));
}

TEST(EnvironmentPackets, HaveNameAndValue) {
  const auto set = SetEnvironment::parse("413d623d63");
  ASSERT_TRUE(set);
  EXPECT_EQ(set->variable, "A");
  EXPECT_EQ(set->value, "b=c");
  EXPECT_EQ(SetEnvironment::parse("413d")->value, "");
  EXPECT_EQ(UnsetEnvironment::parse("41")->variable, "A");
  for (const auto* text : {"", "41", "3d62", "413d00", "4"})
    EXPECT_FALSE(SetEnvironment::parse(text)) << text;
  for (const auto* text : {"", "413d", "4", "00"}) EXPECT_FALSE(UnsetEnvironment::parse(text)) << text;
  EXPECT_FALSE(ResetEnvironment::parse("x"));
}

TEST(WorkingDirectoryPacket, MayBeEmpty) {
  EXPECT_EQ(SetWorkingDirectory::parse("2f746d70")->directory, "/tmp");
  EXPECT_EQ(SetWorkingDirectory::parse("")->directory, "");
  EXPECT_FALSE(SetWorkingDirectory::parse("2f0"));
}

}  // namespace
}  // namespace cotrace::rsp
