#include "rsp/command_platform.h"

#include <gtest/gtest.h>

namespace cotrace::rsp {
namespace {

TEST(ProcessPackets, CountInDecimal) {
  EXPECT_EQ(ProcessInfoOf::parse("123")->pid, Pid{123});
  for (const auto* text : {"", "0", "-1", "1f", "4294967296", "2147483648"})
    EXPECT_FALSE(ProcessInfoOf::parse(text)) << text;
  EXPECT_EQ(UserName::parse("1000")->uid, 1000U);
  EXPECT_FALSE(GroupName::parse("x"));
}

TEST(ProcessListPacket, SaysWhatFits) {
  const auto parsed = FirstProcess::parse(
      "name_match:regex;name:5e61;pid:7;parent_pid:8;uid:1;gid:2;euid:3;egid:4;all_users:1;");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->match, FirstProcess::Match::regex);
  EXPECT_EQ(parsed->program, "^a");
  EXPECT_EQ(parsed->pid, Pid{7});
  EXPECT_EQ(parsed->parent, Pid{8});
  EXPECT_EQ(parsed->egid, 4U);
  EXPECT_TRUE(parsed->all_users);
  EXPECT_FALSE(FirstProcess::parse("")->program);
  EXPECT_TRUE(FirstProcess::parse("triple:78;")) << "what is not known";
  for (const auto* text : {"pid:x;", "name:6;", "name_match:like;"})
    EXPECT_FALSE(FirstProcess::parse(text)) << text;
}

TEST(ShellPacket, HasACommandATimeAndADirectory) {
  const auto parsed = Shell::parse("6c73,a,2f61");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->command, "ls");
  EXPECT_EQ(parsed->seconds, 10U);
  EXPECT_EQ(parsed->directory, "/a");
  EXPECT_FALSE(Shell::parse("6c73,ffffffff")->seconds) << "without end";
  for (const auto* text : {"", "6c73", "6c73,", "6c7,1", "6c73,1;", "6c73,1,2"})
    EXPECT_FALSE(Shell::parse(text)) << text;
}

TEST(FilePackets, HaveModesAndPaths) {
  const auto made = MakeDirectory::parse("1ed,2f61");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->mode, 0755U);
  EXPECT_EQ(made->path, "/a");
  EXPECT_FALSE(ChangeMode::parse("10000,2f61"));
  EXPECT_FALSE(ChangeMode::parse("1,"));
  EXPECT_EQ(FileSymlink::parse("61,62")->target, "a");
  EXPECT_EQ(FileSymlink::parse("61,62")->link, "b");
  EXPECT_FALSE(FileSymlink::parse("61"));
  EXPECT_TRUE(CompletePath::parse("1,2f")->only_directories);
  EXPECT_EQ(CompletePath::parse("0,")->path, "");
  EXPECT_FALSE(FileExists::parse(""));
}

}  // namespace
}  // namespace cotrace::rsp
