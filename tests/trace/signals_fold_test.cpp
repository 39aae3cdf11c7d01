// Signals: each engine is asked once, the verdicts are folded in attach order, what is left arrives once and
// as it was sent.

#include <algorithm>
#include <poll.h>
#include <signal.h>

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

class ReportedSignals : public Tracing {
 protected:
  // signal_report, with as many engines on it as the test has made.
  void begin(std::vector<std::string> arguments = {"signal_report"}) {
    program = start(std::move(arguments));
    ASSERT_EQ(program.line().rfind("ready", 0), 0U);
    for (Diary* engine : engines) {
      auto tasks = core->attach(program.pid, *engine, {everything, false, true});
      ASSERT_TRUE(tasks) << tasks.error().text;
      task = tasks->front();
    }
  }
  void send(int number, int value = 0) const {
    ASSERT_EQ(::sigqueue(program.pid.value, number, {.sival_int = value}), 0);
  }
  static bool is(const Event& event, int number) {
    const auto* signal = std::get_if<event::Signal>(&event);
    return signal != nullptr && signal->info.si_signo == number;
  }
  static int told(const Diary& engine, int number) {
    return static_cast<int>(
        std::ranges::count_if(engine.entries, [&](const auto& entry) { return is(entry.event, number); }));
  }
  // What the program says it got, up to its end by SIGTERM.
  std::string received_to_the_end() {
    send(SIGTERM);
    const Diary& last = *engines.back();
    EXPECT_TRUE(until([&] { return core->released(program.pid) || died(last, task); }));
    const bool ours = died(last, task);
    auto text = program.rest();
    if (!ours) {
      EXPECT_EQ(wait_for(program), 0);
    }
    return text;
  }
  static std::string line_of(int number, int value) {
    return "signal " + std::to_string(number) + " value " + std::to_string(value) + "\n";
  }

  Program program;
  TaskId task;
  Diary a, b, c;
  std::vector<Diary*> engines;
};

struct FoldCase {
  const char* name;
  std::string verdicts;  // of the engines in attach order: keep, suppress, 2: SIGUSR2, 3: SIGRTMIN+3
  char outcome;          // k: as it was sent; s: nothing; 2, 3
  friend std::ostream& operator<<(std::ostream& out, const FoldCase& tested) { return out << tested.name; }
};

class Folding : public ReportedSignals, public ::testing::WithParamInterface<FoldCase> {
 protected:
  void SetUp() override {
    for (std::size_t i = 0; i < GetParam().verdicts.size(); ++i) engines.push_back(std::array{&a, &b, &c}[i]);
    begin();
  }
  static int number_of(char what) { return what == 'k' ? SIGUSR1 : what == '2' ? SIGUSR2 : SIGRTMIN + 3; }
  static int value_of(char what) { return what == 'k' ? 11 : what == '2' ? 22 : 33; }
  SignalVerdict verdict_of(std::size_t engine) const {
    const char what = GetParam().verdicts[engine];
    if (what == 'k') return SignalVerdict::keep();
    if (what == 's') return SignalVerdict::suppress();
    SigInfo info{};
    info.si_signo = number_of(what);
    info.si_code = SI_QUEUE;
    info.si_value.sival_int = value_of(what);
    return SignalVerdict::replace(info);
  }
  static std::string expected() {
    const char what = GetParam().outcome;
    return what == 's' ? "end\n" : line_of(number_of(what), value_of(what)) + "end\n";
  }
  // As it was sent, once, to each, and none hears of a replacement.
  void expect_each_was_asked_once() {
    for (Diary* engine : engines) {
      EXPECT_EQ(told(*engine, SIGUSR1), 1);
      EXPECT_EQ(told(*engine, SIGUSR2) + told(*engine, SIGRTMIN + 3), 0);
    }
  }
};

TEST_P(Folding, GivenAtOnce) {
  for (std::size_t i = 0; i < engines.size(); ++i) {
    engines[i]->behave([verdict = verdict_of(i)](TaskId, const Event& event) {
      return is(event, SIGUSR1) ? Verdict{ResumeAction::resume, verdict, {}, {}} : Verdict{};
    });
  }
  send(SIGUSR1, 11);
  ASSERT_TRUE(until([&] { return told(*engines.back(), SIGUSR1) == 1; }));
  EXPECT_EQ(received_to_the_end(), expected());
  expect_each_was_asked_once();
}

TEST_P(Folding, GivenLaterAndInAnotherOrder) {
  for (Diary* engine : engines) {
    engine->behave([](TaskId, const Event& event) { return is(event, SIGUSR1) ? holding : Verdict{}; });
  }
  send(SIGUSR1, 11);
  ASSERT_TRUE(until([&] { return told(*engines.back(), SIGUSR1) == 1; }));
  for (std::size_t i = engines.size(); i-- > 0;) {
    ASSERT_TRUE(core->control(task, *engines[i], {ResumeAction::resume, verdict_of(i), 0}));
  }
  EXPECT_EQ(received_to_the_end(), expected());
  expect_each_was_asked_once();
}

INSTANTIATE_TEST_SUITE_P(All, Folding,
                         ::testing::Values(FoldCase{"Keep", "k", 'k'}, FoldCase{"Suppress", "s", 's'},
                                           FoldCase{"Replace", "2", '2'}, FoldCase{"KeepKeep", "kk", 'k'},
                                           FoldCase{"SuppressWinsOverALaterKeep", "sk", 's'},
                                           FoldCase{"SuppressWinsOverAnEarlierKeep", "ks", 's'},
                                           FoldCase{"ALaterKeepLeavesAReplacement", "2k", '2'},
                                           FoldCase{"AReplacementAfterASuppress", "s2", '2'},
                                           FoldCase{"TheLaterReplacement", "23", '3'},
                                           FoldCase{"ThreeEngines", "3k2", '2'}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_F(ReportedSignals, EnginesAreAskedInAttachOrder) {
  engines = {&a, &b, &c};
  std::string order;
  for (std::size_t i = 0; i < engines.size(); ++i) {
    engines[i]->behave([&order, i](TaskId, const Event& event) {
      if (is(event, SIGUSR1)) order += "abc"[i];
      return Verdict{};
    });
  }
  begin();
  send(SIGUSR1, 1);
  EXPECT_EQ(received_to_the_end(), line_of(SIGUSR1, 1) + "end\n");
  EXPECT_EQ(order, "abc");
}

TEST_F(ReportedSignals, AVerdictIsForOneSignalOnly) {
  engines = {&a, &b};
  a.behave([&](TaskId, const Event& event) {
    if (!is(event, SIGUSR1) || told(a, SIGUSR1) > 1) return Verdict{};
    return Verdict{ResumeAction::resume, SignalVerdict::suppress(), {}, {}};
  });
  begin();
  send(SIGUSR1, 1);
  ASSERT_TRUE(until([&] { return told(b, SIGUSR1) == 1; }));
  send(SIGUSR1, 2);
  ASSERT_TRUE(until([&] { return told(b, SIGUSR1) == 2; }));
  EXPECT_EQ(received_to_the_end(), line_of(SIGUSR1, 2) + "end\n");
}

TEST_F(ReportedSignals, AnEngineThatDoesNotWantSignalsHearsOfNone) {
  engines = {&a, &b};
  begin();
  ASSERT_TRUE(core->set_events(task, a, everything.without(EventKind::signal)));
  send(SIGUSR1, 1);
  EXPECT_EQ(received_to_the_end(), line_of(SIGUSR1, 1) + "end\n");
  EXPECT_EQ(a.count<event::Signal>(), 0);
  EXPECT_EQ(b.count<event::Signal>(), 2);
}

TEST_F(ReportedSignals, ADetachOfOneOfTwoPassesOnTheSignalAndWhatItCarries) {
  engines = {&a, &b};
  a.behave([](TaskId, const Event& event) { return is(event, SIGUSR1) ? holding : Verdict{}; });
  begin();
  send(SIGUSR1, 44);
  ASSERT_TRUE(until([&] { return told(b, SIGUSR1) == 1; }));
  ASSERT_TRUE(core->detach(program.pid, a));
  EXPECT_EQ(received_to_the_end(), line_of(SIGUSR1, 44) + "end\n");
  EXPECT_EQ(told(b, SIGUSR1), 1);
}

TEST_F(ReportedSignals, TheLastDetachPassesOnTheSignalAndWhatItCarries) {
  engines = {&a};
  a.behave([](TaskId, const Event& event) { return is(event, SIGUSR1) ? holding : Verdict{}; });
  begin();
  send(SIGUSR1, 55);
  ASSERT_TRUE(until([&] { return told(a, SIGUSR1) == 1; }));
  ASSERT_TRUE(core->detach(program.pid, a));
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(received_to_the_end(), line_of(SIGUSR1, 55) + "end\n");
}

// A task that one engine holds before a signal's delivery: whoever joins it then sees the signal, and has a
// say.
TEST_F(ReportedSignals, AnEngineThatJoinsLaterHasASayInTheSignalThatTheTaskStandsWith) {
  engines = {&a};
  a.behave([](TaskId, const Event& event) { return is(event, SIGUSR1) ? holding : Verdict{}; });
  begin();
  EXPECT_FALSE(core->standing_signal(task)) << "it runs";
  send(SIGUSR1, 1);
  ASSERT_TRUE(until([&] { return told(a, SIGUSR1) == 1; }));
  b.behave([](TaskId, const Event& event) {
    return std::holds_alternative<event::Quiesced>(event) ? holding : Verdict{};
  });
  ASSERT_TRUE(core->attach(program.pid, b, {everything, true, true}));
  ASSERT_TRUE(until([&] { return b.count<event::Quiesced>() == 1; }));
  const auto signal = core->standing_signal(task);
  ASSERT_TRUE(signal);
  EXPECT_EQ(signal->si_signo, SIGUSR1);
  EXPECT_EQ(signal->si_value.sival_int, 1);
  ASSERT_TRUE(core->control(task, a, {ResumeAction::resume, std::nullopt, 0}));
  ASSERT_TRUE(core->control(task, b, {ResumeAction::resume, SignalVerdict::suppress(), 0}));
  engines = {&a, &b};
  EXPECT_EQ(received_to_the_end(), "end\n");
  EXPECT_EQ(told(b, SIGUSR1), 0);
}

// "... unless a verdict on it said otherwise": who has said what becomes of the signal may go.
TEST_F(ReportedSignals, TheVerdictOfAnEngineThatLeavesStillHolds) {
  engines = {&a, &b};
  a.behave([](TaskId, const Event& event) {
    return is(event, SIGUSR1) ? Verdict{ResumeAction::stop, SignalVerdict::suppress(), {}, {}} : Verdict{};
  });
  begin();
  send(SIGUSR1, 1);
  ASSERT_TRUE(until([&] { return told(b, SIGUSR1) == 1; }));
  ASSERT_TRUE(core->detach(program.pid, a));
  EXPECT_EQ(received_to_the_end(), "end\n");
}

TEST_F(ReportedSignals, TheVerdictOfTheLastEngineThatLeavesStillHolds) {
  engines = {&a};
  a.behave([](TaskId, const Event& event) {
    return is(event, SIGUSR1) ? Verdict{ResumeAction::stop, SignalVerdict::suppress(), {}, {}} : Verdict{};
  });
  begin();
  send(SIGUSR1, 1);
  ASSERT_TRUE(until([&] { return told(a, SIGUSR1) == 1; }));
  ASSERT_TRUE(core->detach(program.pid, a));
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(received_to_the_end(), "end\n");
}

TEST_F(ReportedSignals, AVerdictThatDetachesAndReplacesReplaces) {
  engines = {&a};
  a.behave([](TaskId, const Event& event) {
    if (!is(event, SIGUSR1)) return Verdict{};
    SigInfo info{};
    info.si_signo = SIGUSR2;
    info.si_code = SI_QUEUE;
    info.si_value.sival_int = 66;
    return Verdict{ResumeAction::detach, SignalVerdict::replace(info), {}, {}};
  });
  begin();
  send(SIGUSR1, 1);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(received_to_the_end(), line_of(SIGUSR2, 66) + "end\n");
}

TEST_F(ReportedSignals, QueuedSignalsComeInOrderOverSitesAndSteps) {
  Diary breaker, stepper;
  auto launched = launch(breaker, {"signals", "queued", "50"});
  ASSERT_TRUE(core->attach(launched.task, stepper, {everything, false, true}));
  ASSERT_TRUE(core->add_breakpoint(launched.task, breaker, symbol(launched.task, "on_queued")));
  // A few steps into each handler, while the next signal is waiting already.
  int steps_left = 0;
  stepper.behave([&](TaskId, const Event& event) {
    if (is(event, SIGRTMIN)) steps_left = 5;
    const bool step = std::holds_alternative<event::StepDone>(event) || is(event, SIGRTMIN);
    return step && steps_left-- > 0 ? Verdict{ResumeAction::single_step, {}, {}, {}} : Verdict{};
  });
  resume(breaker, launched.task);
  ASSERT_TRUE(until([&] { return died(breaker, launched.task); }));
  EXPECT_EQ(launched.rest(), "signals queued handled=50\n");
  EXPECT_EQ(status_of(breaker).code, 0) << "one was lost, came twice, or with another's value";
  EXPECT_EQ(breaker.count<event::BreakpointHit>(), 50);
  EXPECT_EQ(told(breaker, SIGRTMIN), 50);
  EXPECT_EQ(told(stepper, SIGRTMIN), 50);
}

// --- traps that are the program's own are signals like any other ---

class OwnTraps : public ReportedSignals {
 protected:
  static bool has_output(const Program& program) {
    pollfd ready{program.output.get(), POLLIN, 0};
    return ::poll(&ready, 1, 0) == 1;
  }
};

TEST_F(OwnTraps, TheProgramsOwnInt3sAndStepsAreSignalsToEveryEngine) {
  auto launched = launch(a, {"odd_steps", "3"});
  ASSERT_TRUE(core->attach(launched.task, b, {everything, false, true}));
  resume(a, launched.task);
  ASSERT_TRUE(until([&] { return died(a, launched.task); }));
  EXPECT_EQ(launched.rest(), "odd_steps traps=6 steps=3 handled=3 flags=0\n");
  for (const Diary* engine : {&a, &b}) {
    EXPECT_EQ(told(*engine, SIGTRAP), 3 * 2 + 3);
    EXPECT_EQ(told(*engine, SIGUSR1), 3);
    EXPECT_EQ(engine->count<event::BreakpointHit>(), 0);
    EXPECT_EQ(engine->count<event::StepDone>(), 0);
  }
}

TEST_F(OwnTraps, ASiteOnTheProgramsOwnInt3IsHitByItsOwnerAndTheTrapIsTheProgramsStill) {
  auto launched = launch(a, {"odd_steps", "3"});
  ASSERT_TRUE(core->attach(launched.task, b, {everything, false, true}));
  Addr int3 = symbol(launched.task, "own_int3");
  std::array<std::byte, 1> code{};
  while (core->read_memory(launched.task, int3, code) && code[0] != std::byte{0xcc}) {
    int3 = next_instruction(launched.task, int3);
  }
  ASSERT_TRUE(core->add_breakpoint(launched.task, a, int3));
  resume(a, launched.task);
  ASSERT_TRUE(until([&] { return died(a, launched.task); }));
  EXPECT_EQ(launched.rest(), "odd_steps traps=6 steps=3 handled=3 flags=0\n");
  EXPECT_EQ(a.count<event::BreakpointHit>(), 3);
  EXPECT_EQ(b.count<event::BreakpointHit>(), 0);
  EXPECT_EQ(told(a, SIGTRAP), 9);
  EXPECT_EQ(told(b, SIGTRAP), 9);
}

TEST_F(OwnTraps, SigtrapBySomebodysKillIsASignalEvenWhileOneStepsAndAnotherHasASite) {
  constexpr int times = 20;
  engines = {&a, &b};
  begin({"signal_report", "busy"});
  ASSERT_TRUE(core->add_breakpoint(task, b, symbol(task, "turn")));
  a.behave([](TaskId, const Event&) { return Verdict{ResumeAction::single_step, {}, {}, {}}; });
  control(a, task, ResumeAction::single_step);
  for (int i = 1; i <= times; ++i) {
    const int steps = a.count<event::StepDone>();
    ASSERT_TRUE(until([&] { return a.count<event::StepDone>() > steps; }));
    send(SIGTRAP, i);
    ASSERT_TRUE(until([&] { return told(a, SIGTRAP) == i && told(b, SIGTRAP) == i; }));
    EXPECT_EQ(a.last<event::Signal>().info.si_value.sival_int, i);
    // Its handler is stepped through to its end before the next one is sent.
    ASSERT_TRUE(until([&] { return has_output(program); }));
    EXPECT_EQ(program.line(), line_of(SIGTRAP, i));
  }
  a.behave(nullptr);
  EXPECT_EQ(received_to_the_end(), "end\n");
  EXPECT_EQ(b.count<event::StepDone>(), 0);
}

}  // namespace
}  // namespace cotrace::test
