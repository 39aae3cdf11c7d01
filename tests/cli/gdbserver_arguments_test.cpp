#include "cli/gdbserver_arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cotrace::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

using Words = std::vector<std::string>;

GdbserverArguments good(const Words& words) {
  auto parsed = parse_gdbserver_arguments(words);
  if (auto* text = std::get_if<PrintAndExit>(&parsed)) {
    ADD_FAILURE() << text->text;
    return {};
  }
  return std::get<GdbserverArguments>(parsed);
}

PrintAndExit ended(const Words& words) {
  auto parsed = parse_gdbserver_arguments(words);
  if (auto* text = std::get_if<PrintAndExit>(&parsed)) return *text;
  ADD_FAILURE() << "accepted";
  return {};
}

void expect_usage(const Words& words) {
  const auto text = ended(words);
  EXPECT_EQ(text.code, 1);
  EXPECT_TRUE(text.to_stderr);
  EXPECT_THAT(text.text, StartsWith("Usage:\tgdbserver [OPTIONS] COMM PROG [ARGS ...]\n"));
}

TEST(GdbserverArguments, AProgram) {
  const auto arguments = good({"localhost:2346", "prog", "--once", "-", ""});
  EXPECT_EQ(arguments.comm, "localhost:2346");
  EXPECT_THAT(arguments.program, ElementsAre("prog", "--once", "-", ""));
  EXPECT_FALSE(arguments.once || arguments.multi || arguments.attach);
  EXPECT_TRUE(arguments.startup_with_shell);
  EXPECT_TRUE(arguments.disable_randomization);
}

TEST(GdbserverArguments, TheLinesOfGdbsTestSuite) {
  auto arguments = good({"--once", "localhost:2346", "prog", "arg"});
  EXPECT_TRUE(arguments.once);
  arguments = good({"--once", "--multi", "::1:2346"});
  EXPECT_TRUE(arguments.once && arguments.multi);
  EXPECT_THAT(arguments.program, IsEmpty());
  arguments = good({"--once", "localhost:2346", "--attach", "4711"});
  EXPECT_TRUE(arguments.attach);
  EXPECT_EQ(arguments.pid, Pid{4711});
  arguments = good({"--attach", "localhost:2346", "4711"});
  EXPECT_EQ(arguments.pid, Pid{4711});
  arguments = good({"--once", "--wrapper", "env", "TEST=1", "--", "localhost:2346", "prog"});
  EXPECT_THAT(arguments.wrapper, ElementsAre("env", "TEST=1"));
  EXPECT_THAT(arguments.program, ElementsAre("prog"));
  arguments = good({"--once", "--disable-packet=vCont", "--disable-packet=T,threads", ":2346", "prog"});
  EXPECT_THAT(arguments.disabled_packets, ElementsAre("T", "threads", "vCont"));
  arguments = good({"-", "prog"});
  EXPECT_EQ(arguments.comm, "-");
  arguments = good({"--once", "stdio", "prog"});
  EXPECT_EQ(arguments.comm, "stdio");
}

TEST(GdbserverArguments, DebugOptions) {
  const auto arguments =
      good({"--debug", "--remote-debug", "--event-loop-debug", "--debug-format=timestamp,all",
            "--debug-file=/tmp/f", "--no-startup-with-shell", "--no-disable-randomization", ":0", "p"});
  EXPECT_TRUE(arguments.debug && arguments.remote_debug);
  EXPECT_EQ(arguments.debug_format, "timestamp,all");
  EXPECT_EQ(arguments.debug_file, "/tmp/f");
  EXPECT_FALSE(arguments.startup_with_shell || arguments.disable_randomization);
  // The last one counts.
  EXPECT_TRUE(good({"--no-startup-with-shell", "--startup-with-shell", ":0", "p"}).startup_with_shell);
}

TEST(GdbserverArguments, OptionsMayFollowTheAddressButNotTheProgram) {
  const auto arguments = good({":0", "--once", "--wrapper", "w", "--", "prog", "--multi"});
  EXPECT_TRUE(arguments.once);
  EXPECT_FALSE(arguments.multi);
  EXPECT_THAT(arguments.program, ElementsAre("prog", "--multi"));
}

TEST(GdbserverArguments, UsageWhereSomethingIsMissing) {
  expect_usage({});
  expect_usage({":0"});
  expect_usage({"--once"});
  expect_usage({"--multi"});
  expect_usage({"--attach", ":0"});
  expect_usage({"--wrapper", "env", "A=1", ":0", "prog"});
  expect_usage({"--wrapper", "--", ":0", "prog"});
}

TEST(GdbserverArguments, AProcessIdIsAPositiveNumberAndTheLastWord) {
  for (const char* pid : {"abc", "0", "12x", "", "99999999999"}) expect_usage({"--attach", ":0", pid});
  expect_usage({"--attach", ":0", "1", "2"});
  EXPECT_EQ(ended({"--attach", ":0", "-1"}).text, "Unknown argument: -1\n");
}

TEST(GdbserverArguments, UnknownOptionsAndWords) {
  auto text = ended({"--bogus", ":0", "prog"});
  EXPECT_EQ(text.text, "Unknown argument: --bogus\n");
  EXPECT_EQ(text.code, 1);
  text = ended({"--disable-packet=foo", ":0", "prog"});
  EXPECT_THAT(text.text, StartsWith("Don't know how to disable \"foo\".\n"));
  EXPECT_EQ(text.code, 1);
  text = ended({"--debug-format=foo", ":0", "prog"});
  EXPECT_EQ(text.text, "Unknown debug-format argument: \"foo\"\n");
  EXPECT_EQ(ended({"--debug-file=", ":0", "prog"}).code, 1);
}

TEST(GdbserverArguments, HelpAndVersionGoToStandardOutput) {
  const auto help = ended({"--once", "--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_FALSE(help.to_stderr);
  EXPECT_THAT(help.text, StartsWith("Usage:"));
  const auto version = ended({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.text, StartsWith("cotrace "));
  EXPECT_THAT(version.text, HasSubstr("GNU gdbserver"));
  EXPECT_EQ(ended({"--disable-packet"}).code, 0);
  EXPECT_EQ(ended({"--selftest"}).code, 0);
}

}  // namespace
}  // namespace cotrace::cli
