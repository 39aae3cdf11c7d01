#include "native/launch_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cotrace::native {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(LaunchPlan, EnvironmentEditsReplaceAddAndRemove) {
  LaunchPlan plan({});
  const char* inherited[] = {"A=1", "B=2", "BB=3", "STRANGE", nullptr};
  plan.set_environment("B", "new=value");
  plan.set_environment("C", "");
  plan.set_environment("A", std::nullopt);
  EXPECT_THAT(plan.environment(inherited), ElementsAre("BB=3", "STRANGE", "B=new=value", "C="));
  plan.reset_environment();
  EXPECT_THAT(plan.environment(inherited), ElementsAre("A=1", "B=2", "BB=3", "STRANGE"));
}

TEST(LaunchPlan, TheLastEditOfAVariableCounts) {
  LaunchPlan plan({});
  const char* inherited[] = {nullptr};
  plan.set_environment("X", "1");
  plan.set_environment("X", std::nullopt);
  EXPECT_THAT(plan.environment(inherited), ElementsAre());
}

TEST(LaunchPlan, WithoutAProgramThereIsNothingToStart) {
  LaunchPlan plan({});
  EXPECT_EQ(plan.spec().error().code, Errc::invalid);
  plan.set_program({""});
  EXPECT_EQ(plan.spec().error().code, Errc::invalid);
}

TEST(LaunchPlan, CountsTheExecsThatLeadToTheProgram) {
  TargetOptions options;
  EXPECT_EQ(LaunchPlan(options).execs(), 2);  // the shell, the program
  options.wrapper = {"env", "X=1"};
  EXPECT_EQ(LaunchPlan(options).execs(), 3);
  options.startup_with_shell = false;
  EXPECT_EQ(LaunchPlan(options).execs(), 2);
  LaunchPlan plain({});
  plain.set_startup_with_shell(false);
  EXPECT_EQ(plain.execs(), 1);
}

TEST(LaunchPlan, WithoutAShellTheArgumentsAreTheProgramsOwn) {
  TargetOptions options;
  options.startup_with_shell = false;
  options.wrapper = {"env", "X=1"};
  LaunchPlan plan(options);
  plan.set_program({"/bin/echo", "", "a b"});
  plan.set_working_directory("/tmp");
  plan.set_disable_randomization(false);
  const auto spec = plan.spec();
  ASSERT_TRUE(spec.has_value());
  EXPECT_THAT(spec->arguments, ElementsAre("env", "X=1", "/bin/echo", "", "a b"));
  EXPECT_EQ(spec->working_directory, "/tmp");
  EXPECT_FALSE(spec->disable_randomization);
  EXPECT_TRUE(spec->own_process_group);
}

TEST(LaunchPlan, WithAShellItExecsTheProgram) {
  LaunchPlan plan({});
  plan.set_program({"/bin/echo", "a b"});
  const auto spec = plan.spec();
  ASSERT_TRUE(spec.has_value());
  ASSERT_GE(spec->arguments.size(), 3U);
  EXPECT_THAT(spec->arguments.back(), HasSubstr("exec"));
  EXPECT_THAT(spec->arguments.back(), HasSubstr("/bin/echo"));
}

TEST(ProgramPath, APathOrAnUnknownNameStaysAsItIs) {
  EXPECT_EQ(program_path("./x"), "./x");
  EXPECT_EQ(program_path("/bin/sh"), "/bin/sh");
  EXPECT_EQ(program_path("surely-no-such-file-here"), "surely-no-such-file-here");
}

TEST(StartupFailure, SaysWhatGdbserverSays) {
  EXPECT_EQ(startup_failure({.code = 127}), "During startup program exited with code 127.");
  EXPECT_EQ(startup_failure({.signalled = true, .code = SIGSEGV}),
            "During startup program terminated with signal SIGSEGV, Segmentation fault.");
}

}  // namespace
}  // namespace cotrace::native
