// The crash catcher on programs that crash in many ways.

#include "engines/crash_catcher/crash_catcher.h"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <set>

#include "processes/job_run.h"

namespace cotrace::test {
namespace {

using engines::CrashCatcherOptions;
using Format = CrashCatcherOptions::Format;
using nlohmann::json;

JobRun::Make catcher(const CrashCatcherOptions& options) {
  return
      [options](const engines::JobContext& context) { return engines::make_crash_catcher(context, options); };
}

// What the catcher says of a program of this name and arguments.
struct Caught {
  std::optional<ExitStatus> status;
  std::vector<json> crashes, deaths, outcomes;
};

Caught caught(std::vector<std::string> arguments, CrashCatcherOptions options = {}) {
  options.format = Format::json;
  JobRun run(catcher(options));
  EXPECT_TRUE(run.launch(std::move(arguments)));
  Caught out;
  out.status = run.end();
  for (const auto& object : run.objects()) {
    const std::string event = object.at("event");
    if (event == "crash") out.crashes.push_back(object);
    if (event == "death") out.deaths.push_back(object);
    if (event == "outcome") out.outcomes.push_back(object);
  }
  return out;
}

std::set<std::string> symbols_of(const json& thread) {
  std::set<std::string> out;
  for (const auto& frame : thread.at("frames")) {
    if (frame.contains("symbol")) out.insert(frame.at("symbol").get<std::string>());
  }
  return out;
}

struct Way {
  std::string how;
  int signal;
  std::string name, code_name;
};

// The name is what GoogleTest looks for.
void PrintTo(const Way& way, std::ostream* out) {  // NOLINT(readability-identifier-naming)
  *out << way.how;
}

class CrashCatcherWays : public ::testing::TestWithParam<Way> {};

TEST_P(CrashCatcherWays, HaveAReport) {
  const Way& way = GetParam();
  const Caught told = caught({"crashes", way.how, "2"});
  ASSERT_TRUE(told.status);
  EXPECT_EQ(*told.status, (ExitStatus{.signalled = true, .code = way.signal}));
  ASSERT_EQ(told.crashes.size(), 1U);
  const json& crash = told.crashes[0];
  EXPECT_EQ(crash.at("signal").at("name"), way.name);
  EXPECT_EQ(crash.at("signal").value("code_name", ""), way.code_name);
  EXPECT_EQ(crash.at("executable"), program_path("crashes"));
  EXPECT_EQ(crash.at("arguments").at(1), way.how);
  EXPECT_EQ(crash.at("thread"), crash.at("pid"));
  // The threads that stand by have their stacks, too.
  ASSERT_EQ(crash.at("threads").size(), 3U);
  // A program that has jumped to nowhere or used up its stack has more frames than are wanted, or none.
  if (way.how != "call" && way.how != "overflow" && way.how != "overflow_handled") {
    EXPECT_TRUE(symbols_of(crash.at("threads")[0]).contains("outer")) << crash.at("threads")[0];
  }
  for (std::size_t at = 1; at < 3; ++at) {
    EXPECT_FALSE(crash.at("threads")[at].contains("signal"));
    EXPECT_TRUE(symbols_of(crash.at("threads")[at]).contains("stand_by")) << crash.at("threads")[at];
  }
  EXPECT_TRUE(crash.at("threads")[0].at("registers").contains("rip"));
  EXPECT_FALSE(crash.at("maps").empty());
  EXPECT_FALSE(crash.contains("incomplete"));
  ASSERT_EQ(told.outcomes.size(), 1U);
  EXPECT_EQ(told.outcomes[0].at("died"), true);
  EXPECT_TRUE(told.deaths.empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, CrashCatcherWays,
    ::testing::Values(
        Way{"null", SIGSEGV, "SIGSEGV", "SEGV_MAPERR"}, Way{"call", SIGSEGV, "SIGSEGV", "SEGV_MAPERR"},
        Way{"abort", SIGABRT, "SIGABRT", "SI_TKILL"}, Way{"int3", SIGTRAP, "SIGTRAP", "SI_KERNEL"},
        Way{"illegal", SIGILL, "SIGILL", "ILL_ILLOPN"}, Way{"divide", SIGFPE, "SIGFPE", "FPE_INTDIV"},
        Way{"bus", SIGBUS, "SIGBUS", "BUS_ADRERR"}, Way{"overflow", SIGSEGV, "SIGSEGV", "SEGV_MAPERR"},
        Way{"overflow_handled", SIGSEGV, "SIGSEGV", "SI_KERNEL"},
        Way{"again", SIGSEGV, "SIGSEGV", "SI_TKILL"}, Way{"give_up", SIGABRT, "SIGABRT", "SI_TKILL"},
        Way{"blocked", SIGSEGV, "SIGSEGV", "SEGV_MAPERR"}, Way{"self", SIGSEGV, "SIGSEGV", "SI_TKILL"},
        Way{"system_call", SIGSYS, "SIGSYS", "SYS_SECCOMP"}),
    [](const auto& way) { return way.param.how; });

TEST(CrashCatcher, SaysWhereAndWhy) {
  const Caught null = caught({"crashes", "null"});
  ASSERT_EQ(null.crashes.size(), 1U);
  EXPECT_EQ(null.crashes[0].at("signal").at("address"), "0x0");
  EXPECT_EQ(null.crashes[0].at("hint"), "a null pointer");
  // 16 bytes before the pc and 32 from there on.
  EXPECT_EQ(null.crashes[0].at("code").at("bytes").get<std::string>().size(), 96U);

  const Caught overflow = caught({"crashes", "overflow"});
  ASSERT_EQ(overflow.crashes.size(), 1U);
  EXPECT_EQ(overflow.crashes[0].at("hint"), "the stack has overflowed");

  // The handler could not be called, for lack of a stack to call it on.
  const Caught handled = caught({"crashes", "overflow_handled"});
  ASSERT_EQ(handled.crashes.size(), 1U);
  EXPECT_EQ(handled.crashes[0].at("before").at("code_name"), "SEGV_MAPERR");
  EXPECT_EQ(handled.crashes[0].at("hint"), "the stack has overflowed");

  const Caught sent = caught({"crashes", "self"});
  ASSERT_EQ(sent.crashes.size(), 1U);
  EXPECT_EQ(sent.crashes[0].at("signal").at("sender_pid"), sent.crashes[0].at("pid"));

  // The first signal had a handler, from which the second one came.
  const Caught again = caught({"crashes", "give_up"});
  ASSERT_EQ(again.crashes.size(), 1U);
  EXPECT_EQ(again.crashes[0].at("before").at("name"), "SIGSEGV");
  EXPECT_TRUE(symbols_of(again.crashes[0].at("threads")[0]).contains("touch_nothing"));
}

TEST(CrashCatcher, WhatIsHandledOrIgnoredIsNoCrash) {
  for (const std::string how : {"caught", "ignored", "none"}) {
    const Caught told = caught({"crashes", how, "1"});
    EXPECT_EQ(told.status, (ExitStatus{.code = 0})) << how;
    EXPECT_TRUE(told.crashes.empty()) << how;
    EXPECT_TRUE(told.deaths.empty()) << how;
    EXPECT_TRUE(told.outcomes.empty()) << how;
  }
}

TEST(CrashCatcher, SignalsThatOnlyTerminateAreReportedOnRequest) {
  EXPECT_TRUE(caught({"crashes", "term"}).crashes.empty());
  CrashCatcherOptions all;
  all.deadly = CrashCatcherOptions::Deadly::all;
  const Caught told = caught({"crashes", "term"}, all);
  ASSERT_EQ(told.crashes.size(), 1U);
  EXPECT_EQ(told.crashes[0].at("signal").at("name"), "SIGTERM");
}

TEST(CrashCatcher, UnseenDeathsAreTold) {
  EXPECT_TRUE(caught({"crashes", "kill"}).deaths.empty());
  CrashCatcherOptions killed;
  killed.killed = true;
  const Caught told = caught({"crashes", "kill"}, killed);
  ASSERT_EQ(told.deaths.size(), 1U);
  EXPECT_EQ(told.deaths[0].at("signal"), "SIGKILL");
  EXPECT_EQ(told.deaths[0].at("arguments").at(1), "kill");
  // Seccomp's way of killing shows itself to no tracer.
  const Caught by_filter = caught({"crashes", "system_call_kill"});
  EXPECT_EQ(by_filter.crashes.size() + by_filter.deaths.size(), 1U);
}

TEST(CrashCatcher, ChildrenAreCaughtToo) {
  const Caught told = caught({"crashes", "child"});
  EXPECT_EQ(told.status, (ExitStatus{.code = 0}));
  ASSERT_EQ(told.crashes.size(), 1U);
  EXPECT_TRUE(symbols_of(told.crashes[0].at("threads")[0]).contains("in_child"));
}

TEST(CrashCatcher, TwoThreadsThatCrashAtOnceAreInOneReport) {
  int both = 0;
  for (int round = 0; round < 10; ++round) {
    const Caught told = caught({"crashes", "two"});
    EXPECT_EQ(told.status, (ExitStatus{.signalled = true, .code = SIGSEGV}));
    ASSERT_EQ(told.crashes.size(), 1U);
    const auto& threads = told.crashes[0].at("threads");
    ASSERT_EQ(threads.size(), 2U);
    EXPECT_TRUE(threads[0].contains("signal"));
    both += threads[1].contains("signal") ? 1 : 0;
  }
  // That the other one comes that far is luck, though not much of it.
  RecordProperty("both", both);
}

TEST(CrashCatcher, AnExecMeanwhileLeavesNobodyWaiting) {
  for (int round = 0; round < 10; ++round) {
    const Caught told = caught({"crashes", "exec"});
    ASSERT_TRUE(told.status);
    EXPECT_LE(told.crashes.size(), 1U);
    EXPECT_EQ(told.crashes.size(), told.outcomes.size());
    // Either the exec was first, and the new program ends well, or the crash was.
    const bool died = told.status->signalled;
    EXPECT_EQ(*told.status, died ? (ExitStatus{.signalled = true, .code = SIGSEGV}) : ExitStatus{.code = 0});
    if (died) {
      ASSERT_EQ(told.outcomes.size(), 1U);
      EXPECT_EQ(told.outcomes[0].at("died"), true);
    }
  }
}

TEST(CrashCatcher, AKillMeanwhileLeavesNobodyWaiting) {
  for (int round = 0; round < 10; ++round) {
    const Caught told = caught({"crashes", "killed", "3"});
    ASSERT_TRUE(told.status);
    EXPECT_TRUE(told.status->signalled);
    EXPECT_LE(told.crashes.size(), 1U);
    EXPECT_EQ(told.crashes.size(), told.outcomes.size());
    if (!told.outcomes.empty()) {
      EXPECT_EQ(told.outcomes[0].at("died"), told.status->code == SIGSEGV);
    }
  }
}

TEST(CrashCatcher, OfAProcessThatRunsAlready) {
  Untraced program({"crashes", "null", "3", "wait"});
  ASSERT_TRUE(program.line().starts_with("ready"));
  JobRun run(catcher({.format = Format::json}));
  ASSERT_TRUE(run.attach(program.pid()));
  ASSERT_TRUE(run.attach(program.pid()));
  program.go();
  EXPECT_FALSE(run.end());
  const auto objects = run.objects();
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[0].at("threads").size(), 4U);
  EXPECT_EQ(objects[1].at("died"), true);
}

TEST(CrashCatcher, TextHasIt) {
  CrashCatcherOptions options;
  options.limits = true;
  options.open_files = true;
  JobRun run(catcher(options));
  ASSERT_TRUE(run.launch({"crashes", "null", "1"}));
  run.end();
  const auto text = run.output.text();
  for (const std::string part : {"=== crash 1: process ", "SIGSEGV (SEGV_MAPERR) at 0x0\n", "a null pointer",
                                 "touch_nothing+0x", "Thread ", " rip ", "Code from 0x", " <c7>", "Memory:\n",
                                 "Limits:\n", "Open files:\n  0 -> ", "died of it\n"}) {
    EXPECT_TRUE(text.contains(part)) << part << '\n' << text;
  }
}

// An engine that holds what crashes, as a debugger does, or takes the signal away.
class Debugger : public Engine {
 public:
  std::string name() const override { return "a debugger"; }
  Verdict on_event(TaskId, const Event& event) override {
    if (std::holds_alternative<event::Signal>(event) && suppress)
      return {.signal = SignalVerdict::suppress()};
    if (std::holds_alternative<event::Quiesced>(event)) return {.action = ResumeAction::stop};
    return {};
  }
  bool suppress{false};
};

TEST(CrashCatcher, KeepsTheProcessForADebugger) {
  Debugger debugger;
  CrashCatcherOptions options;
  options.format = Format::json;
  options.hold = true;
  options.how_to_connect = [](Pid process) { return fmt::format("ask for {}", process.value); };
  Untraced program({"crashes", "null", "2", "wait"});
  ASSERT_TRUE(program.line().starts_with("ready"));
  JobRun run(catcher(options));
  ASSERT_TRUE(run.attach(program.pid()));
  program.go();
  const std::string wanted = fmt::format("(SIGSEGV): ask for {}\n", program.pid().value);
  ASSERT_TRUE(run.output.until([&](const auto&, const auto& notes) { return notes.contains(wanted); }));
  const auto tasks = run.tracer->attach(program.pid(), debugger, {.events = {}, .hold = true});
  ASSERT_TRUE(tasks);
  ASSERT_TRUE(run.output.until([](const auto&, const auto& notes) {
    return notes.contains("has been taken over by a debugger\n");
  })) << run.output.notes();
  // It stands for the debugger still: the end is told when that has let go of it.
  EXPECT_EQ(run.objects().size(), 1U);
  // The one that crashes takes the others with it.
  for (const TaskId task : *tasks) (void)run.tracer->control(task, debugger, {});
  run.end();
  EXPECT_EQ(run.objects().back().at("died"), true);
}

TEST(CrashCatcher, KeepsNobodyForEver) {
  CrashCatcherOptions options;
  options.hold = true;
  options.hold_timeout = std::chrono::milliseconds(50);
  JobRun run(catcher(options));
  ASSERT_TRUE(run.launch({"crashes", "abort", "2"}));
  EXPECT_EQ(run.end(), (ExitStatus{.signalled = true, .code = SIGABRT}));
  EXPECT_TRUE(run.output.notes().contains("is kept no longer\n"));
}

TEST(CrashCatcher, ASignalThatIsTakenAwayIsAReportOnALife) {
  Debugger debugger;
  debugger.suppress = true;
  Untraced program({"crashes", "self", "0", "wait"});
  ASSERT_TRUE(program.line().starts_with("ready"));
  JobRun run(catcher({.format = Format::json}));
  ASSERT_TRUE(run.attach(program.pid()));
  ASSERT_TRUE(run.tracer->attach(program.pid(), debugger, {.events = {EventKind::signal}}));
  program.go();
  run.end();
  const auto objects = run.objects();
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[0].at("event"), "crash");
  EXPECT_EQ(objects[1].at("died"), false);
  EXPECT_EQ(objects[1].at("text"), "went on, and later exited with 0");
}

TEST(CrashCatcher, FinishedWhileItKeepsAProcessLetsItDie) {
  CrashCatcherOptions options;
  options.hold = true;
  Untraced program({"crashes", "null", "2", "wait"});
  ASSERT_TRUE(program.line().starts_with("ready"));
  JobRun run(catcher(options));
  ASSERT_TRUE(run.attach(program.pid()));
  program.go();
  ASSERT_TRUE(run.output.until([](const auto&, const auto& notes) { return notes.contains("is kept"); }));
  run.finish();
  EXPECT_EQ(program.wait(), SIGSEGV);
  EXPECT_TRUE(run.output.text().contains("was alive when the catcher left")) << run.output.text();
}

TEST(CrashCatcher, AProgramThatDoesNotExistIsANote) {
  JobRun run(catcher({}));
  ASSERT_TRUE(run.launch({"/no/such/program"}));
  const auto status = run.end();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, 127);
  EXPECT_EQ(run.output.notes(), "cannot start /no/such/program\n");
}

}  // namespace
}  // namespace cotrace::test
