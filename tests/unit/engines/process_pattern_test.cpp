// Patterns that name processes: how they are read, and what they match. The process is this one.
#include "engines/process_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cotrace::engines {
namespace {

using testing::HasSubstr;

bool matches_us(std::string_view text) {
  const auto pattern = ProcessPattern::parse(text);
  EXPECT_TRUE(pattern) << text;
  ProgramOf us(Tid{::getpid()});
  return pattern && pattern->matches(us);
}

TEST(ProcessPattern, MatchesTheWholePathOfTheExecutable) {
  EXPECT_TRUE(matches_us("exec=*/unit_engines"));
  EXPECT_TRUE(matches_us("exec=/*"));
  EXPECT_FALSE(matches_us("exec=unit_engines"));
  EXPECT_FALSE(matches_us("exec=*/unit_engine"));
}

TEST(ProcessPattern, MatchesTheNameWithoutItsFolder) {
  EXPECT_TRUE(matches_us("name=unit_engines"));
  EXPECT_TRUE(matches_us("name=unit_[a-f]*"));
  EXPECT_FALSE(matches_us("name=*/unit_engines"));
}

TEST(ProcessPattern, MatchesTheWordsOfTheCommandLine) {
  EXPECT_TRUE(matches_us("cmdline=*unit_engines*"));
  EXPECT_FALSE(matches_us("cmdline=*--no-such-option*"));
}

TEST(ProcessPattern, WithoutAKeyItIsAName) {
  EXPECT_TRUE(matches_us("unit_engines"));
  EXPECT_TRUE(matches_us("unit_*"));
  EXPECT_FALSE(matches_us("unit"));
}

TEST(ProcessPattern, WithoutAKeyButWithASlashItIsAPath) {
  EXPECT_TRUE(matches_us("*/unit_engines"));
  EXPECT_FALSE(matches_us("/unit_engines"));
}

TEST(ProcessPattern, AnEqualsSignAfterAWildcardIsNoKey) {
  const auto pattern = ProcessPattern::parse("*name=unit_engines");
  ASSERT_TRUE(pattern);
  ProgramOf us(Tid{::getpid()});
  EXPECT_FALSE(pattern->matches(us));
}

TEST(ProcessPattern, KeepsItsText) {
  EXPECT_EQ(ProcessPattern::parse("cmdline=*a=b*")->text(), "cmdline=*a=b*");
}

TEST(ProcessPattern, RefusesAnUnknownKeyAndSaysWhichThereAre) {
  const auto pattern = ProcessPattern::parse("pid=3");
  ASSERT_FALSE(pattern);
  EXPECT_EQ(pattern.error().code, Errc::invalid);
  EXPECT_THAT(pattern.error().text, HasSubstr("pid="));
  EXPECT_THAT(pattern.error().text, HasSubstr("cmdline=GLOB"));
}

TEST(ProcessPattern, RefusesWhatCanMatchNothing) {
  EXPECT_FALSE(ProcessPattern::parse(""));
  EXPECT_FALSE(ProcessPattern::parse("exec="));
}

TEST(ProcessPattern, AProcessThatIsGoneMatchesNothing) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ProgramOf gone(Tid{child});
  for (const auto* text : {"exec=*", "name=*", "cmdline=*"})
    EXPECT_FALSE(ProcessPattern::parse(text)->matches(gone)) << text;
}

}  // namespace
}  // namespace cotrace::engines
