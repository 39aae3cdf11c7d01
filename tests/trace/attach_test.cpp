// Attaching finds every thread, in whatever state it is; looking stops nobody.

#include <algorithm>
#include <elf.h>
#include <map>
#include <signal.h>
#include <sys/wait.h>

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

class Attaching : public Tracing {};

TEST_F(Attaching, ToAStoppedJobFindsEveryThreadAndTheJobStaysStopped) {
  auto program = start({"spin", "3", "wait"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  ASSERT_EQ(::kill(program.pid.value, SIGSTOP), 0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(program.pid.value), &info, WSTOPPED), 0);
  Diary engine;
  const auto tasks = attach_holding(engine, program);
  ASSERT_EQ(tasks.size(), 5U);
  for (TaskId task : tasks) EXPECT_NE(pc(task), 0U);
  const auto turns = variable(tasks.front(), "turns");
  resume_all(engine, tasks);
  drain();
  EXPECT_EQ(variable(tasks.front(), "turns"), turns);
  for (TaskId task : tasks) EXPECT_EQ(core->info(task)->state, trace::TaskState::listening);
  ASSERT_EQ(::kill(program.pid.value, SIGCONT), 0);
  ASSERT_TRUE(until([&] { return variable(tasks.front(), "turns") != turns; }));
  program.go();
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(status_of(engine), (ExitStatus{false, 0, false}));
}

TEST_F(Attaching, ASecondEngineFindsTheProcessWhoseLeaderIsDeadAndHearsItsEnd) {
  auto program = start({"leader_exits", "11"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  Diary first, second;
  const auto tasks = attach_holding(first, program);
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_NE(tasks.front().tid, leader_of(program.pid));
  const auto again = core->attach(program.pid, second, {everything, false, true});
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(*again, tasks);
  resume_all(first, tasks);
  program.go();
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(status_of(first), (ExitStatus{false, 11, false}));
  EXPECT_EQ(status_of(second), (ExitStatus{false, 11, false}));
  EXPECT_EQ(WEXITSTATUS(wait_for(program)), 11);
}

// Both of them, and the second one joins in the middle of births.
TEST_F(Attaching, TwoEnginesFindEveryThreadOfAProcessThatMakesThreadsAllTheTime) {
  for (int round = 0; round < 3; ++round) {
    auto program = start({"thread_storm", "30", "4", "wait"});
    ASSERT_EQ(program.line().rfind("ready", 0), 0U);
    Diary first, second;
    ASSERT_TRUE(core->attach(program.pid, first, {everything, false, true}));
    ASSERT_TRUE(until([&] { return first.count<event::Born>() > 20 * round; }));
    ASSERT_TRUE(core->attach(program.pid, second, {everything, false, true}));
    ASSERT_TRUE(until([&] { return second.count<event::Born>() > 50; }));
    for (TaskId task : core->tasks_of(program.pid)) {
      if (!core->find(task.tid)) continue;
      EXPECT_EQ(core->attached(task, first), core->attached(task, second)) << task.tid.value;
    }
    // Held, all of them: the kernel knows of no thread that we do not.
    for (Diary* engine : {&first, &second}) {
      engine->behave([](TaskId, const Event& event) {
        const bool hold =
            std::holds_alternative<event::Quiesced>(event) || std::holds_alternative<event::Born>(event);
        return hold ? holding : Verdict{};
      });
    }
    for (TaskId task : core->tasks_of(program.pid)) {
      if (core->attached(task, second)) (void)core->control(task, second, {ResumeAction::stop, {}, 0});
    }
    auto all_stand = [&] {
      return std::ranges::all_of(core->tasks_of(program.pid), [&](TaskId task) {
        return core->holds(task, second) && core->info(task)->state == trace::TaskState::stopped;
      });
    };
    ASSERT_TRUE(until(all_stand));
    drain();
    ASSERT_TRUE(all_stand());
    const auto threads = sys::threads_of(program.pid);
    ASSERT_TRUE(threads);
    for (Tid tid : *threads) {
      const char state = state_of(tid);
      if (state == 'Z' || state == 'X' || state == '-') continue;
      EXPECT_TRUE(core->find(tid)) << "thread " << tid.value << " in state " << state;
    }
    core->detach_everything(second);
    core->detach_everything(first);
    ASSERT_TRUE(until([&] { return core->released(program.pid); }));
    program.go();
    EXPECT_EQ(program.rest(), "thread_storm standing=30\n");
    EXPECT_EQ(wait_for(program), 0);
  }
}

// A thread's first stop may come before its creator's clone event: Born comes once, before anything else.
TEST_F(Attaching, BornIsTheFirstThatIsHeardOfANewThreadAndComesOnce) {
  Diary engine;
  auto program = launch(engine, {"thread_storm", "10", "4"});
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  std::map<std::uint64_t, int> heard;
  for (const auto& entry : engine.entries) {
    if (entry.task == program.task) continue;
    const int before = heard[entry.task.serial]++;
    EXPECT_EQ(std::holds_alternative<event::Born>(entry.event), before == 0) << entry.task.tid.value;
  }
  EXPECT_GT(heard.size(), 500U);
}

// One thread was left alone meanwhile, by the engine that had attached to all of them.
TEST_F(Attaching, ToAProcessThatIsTracedAlreadyFindsTheThreadsThatAreNot) {
  auto program = start({"spin", "2", "wait"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  Diary first, second;
  const auto tasks = attach_holding(first, program);
  ASSERT_EQ(tasks.size(), 4U);
  ASSERT_TRUE(core->detach(tasks.front(), first));
  ASSERT_TRUE(until([&] { return !core->find(tasks.front().tid); }));
  const auto again = core->attach(program.pid, second, {everything, false, true});
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->size(), 4U) << "attaching finds every thread";
  core->detach_everything(first);
  program.go();
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
}

TEST_F(Attaching, TheSameEngineTwiceIsRefusedAndDoesNoHarm) {
  auto program = start({"spin", "1", "wait"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  Diary engine;
  ASSERT_TRUE(core->attach(program.pid, engine, {everything, false, true}));
  const auto again = core->attach(program.pid, engine, {everything, true, true});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::invalid);
  program.go();
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(engine.count<event::Quiesced>(), 0);
  EXPECT_EQ(status_of(engine).code, 0);
}

// Spinning threads never sleep of their own accord, so that each of the kernel's counts is a stop of ours.
TEST_F(Attaching, LookingStopsNobody) {
  auto program = start({"spin", "2", "wait"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  Diary engine;
  auto tasks = core->attach(program.pid, engine, {everything, false, true});
  ASSERT_TRUE(tasks) << tasks.error().text;
  const TaskId first = tasks->front();
  auto runs_on = [&] {
    const auto turns = variable(first, "turns");
    return until([&] { return variable(first, "turns") != turns; });
  };
  ASSERT_TRUE(runs_on());
  // The youngest one reads from its stdin, and sleeps there once.
  const TaskId reader = *std::ranges::max_element(*tasks, {}, [](TaskId task) { return task.tid; });
  ASSERT_TRUE(until([&] { return state_of(reader.tid) == 'S' && switches_of(reader.tid) > 0; }));
  std::map<std::int32_t, long> before;
  for (TaskId task : *tasks) before[task.tid.value] = switches_of(task.tid);
  for (int i = 0; i < 50; ++i) {
    std::array<std::byte, 256> bytes{};
    for (TaskId task : *tasks) {
      EXPECT_TRUE(core->info(task));
      EXPECT_TRUE(core->find(task.tid));
      EXPECT_TRUE(core->process_of(task));
      EXPECT_TRUE(core->read_memory(task, symbol(task, "turn_once"), bytes));
      EXPECT_TRUE(core->write_memory(task, symbol(task, "turn_once"), std::span(bytes).first(1)));
      EXPECT_TRUE(core->disposition(task, SIGINT));
      EXPECT_TRUE(sys::task_status(task.tid));
      EXPECT_EQ(core->general_regs(task).error().code, Errc::not_stopped) << "and not: stop it first";
    }
    EXPECT_EQ(core->tasks_of(program.pid).size(), tasks->size());
    EXPECT_TRUE(sys::threads_of(program.pid));
    EXPECT_TRUE(sys::maps_of(first.tid));
    EXPECT_TRUE(sys::auxv_of(first.tid));
    EXPECT_TRUE(sys::executable_of(first.tid));
    EXPECT_TRUE(sys::command_line_of(first.tid));
  }
  ASSERT_TRUE(runs_on());
  for (TaskId task : *tasks) {
    EXPECT_EQ(switches_of(task.tid), before[task.tid.value]) << task.tid.value;
    EXPECT_EQ(core->info(task)->state, trace::TaskState::running);
  }
  program.go();
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
}

}  // namespace
}  // namespace cotrace::test
