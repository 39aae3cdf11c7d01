// Death: told once per task, then its reap, once; afterwards there is nobody left to ask.

#include <algorithm>
#include <map>
#include <sched.h>
#include <signal.h>

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

struct WayToEnd {
  const char* way;
  const char* number;
  ExitStatus status;
};

class Deaths : public Tracing {
 protected:
  // Of every task that the diary knows: Died once, Reaped once, in that order, and nothing after it.
  static void expect_orderly(const Diary& engine, const std::vector<TaskId>& without_an_end = {}) {
    std::map<std::uint64_t, std::string> lives;
    for (const auto& entry : engine.entries) {
      auto& life = lives[entry.task.serial];
      if (std::holds_alternative<event::Died>(entry.event)) {
        life += 'd';
      } else if (std::holds_alternative<event::Reaped>(entry.event)) {
        life += 'r';
      } else if (!life.empty()) {
        life += '!';
      }
    }
    for (const auto& [serial, life] : lives) {
      const bool endless = std::ranges::any_of(
          without_an_end, [&, number = serial](TaskId task) { return task.serial == number; });
      EXPECT_EQ(life, endless ? "" : "dr") << "task number " << serial;
    }
  }
  // Whatever is asked of it: it is dead, and that is an outcome.
  void expect_gone(Diary& engine, TaskId task) {
    Diary other;
    std::array<std::byte, 1> byte{};
    EXPECT_EQ(core->control(task, engine, {}).error().code, Errc::gone);
    EXPECT_EQ(core->set_events(task, engine, everything).error().code, Errc::gone);
    EXPECT_EQ(core->detach(task, engine).error().code, Errc::gone);
    EXPECT_EQ(core->attach(task, other, {everything, true, true}).error().code, Errc::gone);
    EXPECT_EQ(core->general_regs(task).error().code, Errc::gone);
    EXPECT_EQ(core->set_general_regs(task, {}).error().code, Errc::gone);
    EXPECT_EQ(core->xstate(task).error().code, Errc::gone);
    EXPECT_EQ(core->siginfo(task).error().code, Errc::gone);
    EXPECT_EQ(core->read_memory(task, Addr{0x1000}, byte).error().code, Errc::gone);
    EXPECT_EQ(core->write_memory(task, Addr{0x1000}, byte).error().code, Errc::gone);
    EXPECT_EQ(core->add_breakpoint(task, engine, Addr{0x1000}).error().code, Errc::gone);
    EXPECT_EQ(core->rearm(task, engine).error().code, Errc::gone);
    EXPECT_FALSE(core->info(task));
    EXPECT_FALSE(core->attached(task, engine));
    EXPECT_FALSE(core->find(task.tid));
  }
};

class WaysToEnd : public Deaths, public ::testing::WithParamInterface<WayToEnd> {};

TEST_P(WaysToEnd, EachTasksDeathIsToldOnceToEachEngineAndThenItsReap) {
  Diary a, b;
  auto program = launch(a, {"exits", GetParam().way, GetParam().number});
  ASSERT_TRUE(core->attach(program.task, b, {everything, false, true}));
  resume(a, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  for (Diary* engine : {&a, &b}) {
    expect_orderly(*engine);
    EXPECT_EQ(status_of(*engine).signalled, GetParam().status.signalled);
    EXPECT_EQ(status_of(*engine).code, GetParam().status.code);
    EXPECT_EQ(std::ranges::count_if(engine->entries,
                                    [](const auto& entry) {
                                      const auto* death = std::get_if<event::Died>(&entry.event);
                                      return death != nullptr && death->process_ended;
                                    }),
              1)
        << "the process ends once";
    expect_gone(*engine, program.task);
  }
}

INSTANTIATE_TEST_SUITE_P(All, WaysToEnd,
                         ::testing::Values(WayToEnd{"code", "23", {false, 23, false}},
                                           WayToEnd{"thread", "24", {false, 24, false}},
                                           WayToEnd{"last", "25", {false, 25, false}},
                                           WayToEnd{"signal", "15", {true, 15, false}},
                                           WayToEnd{"thread_signal", "15", {true, 15, false}},
                                           WayToEnd{"signal", "9", {true, 9, false}},
                                           WayToEnd{"thread_signal", "9", {true, 9, false}}),
                         [](const auto& test) {
                           return std::string(test.param.way) + "_" + test.param.number;
                         });

TEST_F(Deaths, ThousandsOfThreadsComeAndGoAndEachEndsOnce) {
  Diary a, b;
  auto program = launch(a, {"thread_storm", "20", "3"});
  ASSERT_TRUE(core->attach(program.task, b, {everything, false, true}));
  resume(a, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_GT(a.count<event::Born>(), 1000);
  EXPECT_EQ(a.count<event::Born>(), b.count<event::Born>());
  EXPECT_EQ(a.count<event::Died>(), a.count<event::Born>() + 1);
  expect_orderly(a);
  expect_orderly(b);
  EXPECT_EQ(status_of(a).code, 0);
}

TEST_F(Deaths, TheHeldLeaderOfAThreadedProcessDiesOfSigkill) {
  Diary engine;
  auto program = launch(engine, {"counter_threads", "3", "1000"});
  run_to(engine, program, "tick");
  engine.behave([](TaskId, const Event& event) {
    return std::holds_alternative<event::Quiesced>(event) ? holding : Verdict{};
  });
  control(engine, program.task, ResumeAction::stop);
  ASSERT_TRUE(until([&] { return engine.count<event::Quiesced>() == 1; }));
  ASSERT_EQ(::kill(program.pid.value, SIGKILL), 0);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(status_of(engine), (ExitStatus{true, SIGKILL, false}));
  expect_orderly(engine);
}

TEST_F(Deaths, AnEngineWithoutTheMaskHearsOfNeither) {
  Diary a, b;
  auto program = launch(a, {"exits", "thread", "3"});
  ASSERT_TRUE(core->attach(program.task, b, {{EventKind::exec}, false, true}));
  resume(a, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(b.count<event::Died>() + b.count<event::Reaped>(), 0);
}

// SIGKILL comes between any two lines; here nobody has heard of it yet when the requests are made.
TEST_F(Deaths, RequestsOnATaskThatHasJustBeenKilledFailWithoutHarm) {
  for (int round = 0; round < 12; ++round) {
    Diary a, b;
    auto program = launch(a, {"counter_threads", "2", "10"});
    const TaskId task = run_to(a, program, "tick");
    ASSERT_TRUE(core->attach(task, b, {everything, false, true}));
    const Addr tick = symbol(task, "tick");
    const auto regs = core->general_regs(task);
    ASSERT_TRUE(regs);
    ASSERT_EQ(::kill(program.pid.value, SIGKILL), 0);
    while (state_of(task.tid) == 't') ::sched_yield();
    std::array<std::byte, 4> bytes{};
    (void)core->set_general_regs(task, *regs);
    (void)core->xstate(task);
    (void)core->siginfo(task);
    (void)core->read_memory(task, tick, bytes);
    (void)core->write_memory(task, tick, bytes);
    (void)core->add_breakpoint(task, a, tick);
    (void)core->add_watchpoint(task, b, tick, 4, arch::native::WatchKind::write);
    constexpr std::array actions{ResumeAction::stop,        ResumeAction::interrupt,  ResumeAction::report,
                                 ResumeAction::single_step, ResumeAction::block_step, ResumeAction::resume};
    (void)core->control(task, b, {actions[static_cast<std::size_t>(round) % actions.size()], {}, SIGUSR1});
    if (round % 3 == 0) {
      ASSERT_TRUE(core->detach(program.pid, b));
    }
    (void)core->control(task, a, {ResumeAction::resume, SignalVerdict::suppress(), 0});
    ASSERT_TRUE(until([&] { return core->released(program.pid); })) << "round " << round;
    expect_orderly(a);
    EXPECT_EQ(status_of(a), (ExitStatus{true, SIGKILL, false}));
    expect_gone(a, program.task);
  }
}

// Every engine leaves a task that has been killed; somebody must still reap it.
TEST_F(Deaths, AProcessThatDiesWhileTheLastEngineLeavesIsReapedOrLeftToItsParent) {
  for (int round = 0; round < 12; ++round) {
    Diary engine;
    auto program = launch(engine, {"counter_threads", "2", "10"});
    if (round % 2 == 0) (void)run_to(engine, program, "tick");
    ASSERT_EQ(::kill(program.pid.value, SIGKILL), 0);
    ASSERT_TRUE(core->detach(program.pid, engine));
    const auto entries = engine.entries.size();
    ASSERT_TRUE(until([&] { return core->released(program.pid); })) << "round " << round;
    EXPECT_EQ(engine.entries.size(), entries);
    drain();
  }
}

}  // namespace
}  // namespace cotrace::test
