// An event costs the work of the engines that asked for it: nobody's tasks stop for what only another one
// wants.

#include <algorithm>
#include <cstdio>
#include <sys/syscall.h>

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

const EventMask with_syscalls = everything | EventMask{EventKind::syscall_entry, EventKind::syscall_exit};

class Costs : public Tracing {
 protected:
  static constexpr int calls = 500;
  // A few may be anything: a page that has to be fetched, a lock in the kernel.
  static constexpr int some = 20;

  struct Stops {
    int main{-1};
    int second{-1};
  };
  static Stops stops_of(Program& program) {
    Stops stops;
    const auto text = program.rest();
    EXPECT_EQ(std::sscanf(text.c_str(), "stop_count main=%d second=%d", &stops.main, &stops.second), 2)
        << text;
    return stops;
  }
  std::vector<std::string> program_line() { return {"stop_count", std::to_string(calls)}; }
};

TEST_F(Costs, NoSystemCallStopsWhereNobodyTracesSystemCalls) {
  Diary a, b;
  auto program = launch(a, program_line());
  ASSERT_TRUE(core->attach(program.task, b, {everything, false, true}));
  ASSERT_TRUE(core->add_breakpoint(program.task, b, symbol(program.task, "main")));
  resume(a, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  const auto stops = stops_of(program);
  EXPECT_LT(stops.main, some);
  EXPECT_LT(stops.second, some);
}

TEST_F(Costs, AThreadDoesNotStopForTheSystemCallsOfAnother) {
  Diary everywhere, log;
  auto program = launch(everywhere, program_line());
  // The log is on the main thread only.
  ASSERT_TRUE(core->attach(program.task, log, {with_syscalls, false, false}));
  resume(everywhere, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  const auto stops = stops_of(program);
  EXPECT_GE(stops.main, 2 * calls - some) << "each call stops at its entry and at its exit";
  EXPECT_LT(stops.second, some);
}

TEST_F(Costs, AProcessDoesNotStopForTheSystemCallsOfAnother) {
  Diary quiet, log;
  auto untouched = launch(quiet, program_line());
  auto logged = launch(log, program_line(), with_syscalls);
  resume(log, logged.task);
  resume(quiet, untouched.task);
  ASSERT_TRUE(until([&] { return core->released(untouched.pid) && core->released(logged.pid); }));
  const auto stops = stops_of(untouched);
  EXPECT_LT(stops.main, some);
  EXPECT_LT(stops.second, some);
  EXPECT_GE(stops_of(logged).second, 2 * calls - some);
}

// The engine leaves with the task in the middle of a call; the engine that stays has never asked for any.
TEST_F(Costs, TheStopsEndWithTheEngineThatWantedThem) {
  for (const bool leave : {true, false}) {
    Diary stays, log;
    auto program = launch(stays, program_line());
    ASSERT_TRUE(core->attach(program.task, log, {with_syscalls, false, true}));
    int seen = 0;
    log.behave([&](TaskId task, const Event& event) {
      const auto* entry = std::get_if<event::SyscallEntry>(&event);
      if (entry == nullptr || entry->number != SYS_getppid || ++seen != calls / 10) return Verdict{};
      if (leave) return Verdict{ResumeAction::detach, {}, {}, {}};
      EXPECT_TRUE(core->set_events(task, log, everything));
      return Verdict{};
    });
    resume(stays, program.task);
    ASSERT_TRUE(until([&] { return core->released(program.pid); }));
    const auto stops = stops_of(program);
    EXPECT_GE(stops.main, calls / 10);
    EXPECT_LT(stops.main, 2 * calls / 10 + some);
    EXPECT_LT(stops.second, some);
  }
}

// And they begin with it: on a task that runs.
TEST_F(Costs, AMaskThatGrowsWhileTheTaskRunsTakesEffect) {
  auto program = start({"spin", "1", "wait"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  Diary engine;
  auto tasks = core->attach(program.pid, engine, {everything, false, true});
  ASSERT_TRUE(tasks);
  for (TaskId task : *tasks) ASSERT_TRUE(core->set_events(task, engine, with_syscalls));
  drain();
  program.go();
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  int reads = 0, writes = 0;
  for (const auto& entry : engine.entries) {
    if (const auto* exit = std::get_if<event::SyscallExit>(&entry.event))
      reads += exit->number == SYS_read ? 1 : 0;
    if (const auto* call = std::get_if<event::SyscallEntry>(&entry.event))
      writes += call->number == SYS_write ? 1 : 0;
  }
  EXPECT_EQ(reads, 1) << "the one that the thread slept in when the mask grew";
  EXPECT_EQ(writes, 1);
  EXPECT_EQ(program.rest(), "spin threads=1\n");
}

// A site that is hit stops the thread that hits it and no other.
TEST_F(Costs, AHitStopsTheThreadThatHitsItAlone) {
  auto program = start({"idle_threads", "6", "work"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  Diary engine;
  auto tasks = core->attach(program.pid, engine, {everything, false, true});
  ASSERT_TRUE(tasks);
  const TaskId main =
      *std::ranges::find_if(*tasks, [&](TaskId task) { return task.tid == leader_of(program.pid); });
  std::vector<std::uint64_t> generations;
  for (TaskId task : *tasks) generations.push_back(core->generation(task));
  std::vector<long> switches;
  for (TaskId task : *tasks) switches.push_back(switches_of(task.tid));
  // Each instruction of the function is passed in its own way.
  Addr at = symbol(main, "work");
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(core->add_breakpoint(main, engine, at));
    at = next_instruction(main, at);
  }
  ASSERT_TRUE(until([&] { return engine.count<event::BreakpointHit>() > 200; }));
  for (std::size_t i = 0; i < tasks->size(); ++i) {
    const TaskId task = (*tasks)[i];
    if (task == main) continue;
    EXPECT_EQ(core->generation(task), generations[i]);
    // It may have been on its way from the barrier to its sleep.
    EXPECT_LE(switches_of(task.tid), switches[i] + 1);
  }
  ASSERT_TRUE(core->kill(program.pid));
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
}

}  // namespace
}  // namespace cotrace::test
