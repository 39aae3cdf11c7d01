// Leaving: nothing stays behind in the program, and no callback comes any more.

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

class Leaving : public Tracing {
 protected:
  // All the executable memory of a process as it really is: breakpoints, scratch memory and all.
  static std::vector<std::byte> code_of(Pid pid) {
    std::vector<std::byte> all;
    const auto maps = sys::maps_of(leader_of(pid));
    EXPECT_TRUE(maps);
    for (const auto& mapping : *maps) {
      if (!mapping.execute || !mapping.read || mapping.path == "[vsyscall]") continue;
      const auto bytes = raw_memory(pid, mapping.start, mapping.end - mapping.start);
      all.insert(all.end(), bytes.begin(), bytes.end());
    }
    return all;
  }
  void expect_untraced(Pid pid) {
    const auto threads = sys::threads_of(pid);
    ASSERT_TRUE(threads);
    for (Tid tid : *threads) {
      const auto status = sys::task_status(tid);
      if (!status) continue;
      EXPECT_EQ(status->tracer.value, 0);
      EXPECT_NE(status->state, 't');
    }
  }
};

// In the middle of everything: threads on their way past sites, with their int3 executed and not reported, in
// a step, in a signal handler, with a signal put aside.
TEST_F(Leaving, TheLastDetachLeavesNothingHoweverBusyTheProgramIs) {
  auto program = start({"busy_signals", "3"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  const auto before = code_of(program.pid);
  for (int round = 1; round <= 15; ++round) {
    Diary a, b;
    auto step_now_and_then = [&](TaskId, const Event& event) {
      const bool step =
          std::holds_alternative<event::BreakpointHit>(event) && a.count<event::BreakpointHit>() % 3 == 0;
      return step ? Verdict{ResumeAction::single_step, {}, {}, {}} : Verdict{};
    };
    a.behave(step_now_and_then);
    auto tasks = core->attach(program.pid, a, {everything, false, true});
    ASSERT_TRUE(tasks) << tasks.error().text;
    ASSERT_TRUE(core->attach(program.pid, b, {everything, false, true}));
    const TaskId task = tasks->front();
    const Addr busy = symbol(task, "busy");
    // The first instruction is emulated, the ones behind it are copied.
    ASSERT_TRUE(core->add_breakpoint(task, a, busy));
    ASSERT_TRUE(core->add_breakpoint(task, b, next_instruction(task, next_instruction(task, busy))));
    ASSERT_TRUE(core->add_breakpoint(task, b, symbol(task, "on_alarm")));
    ASSERT_TRUE(until([&] { return a.count<event::BreakpointHit>() > 20 + round; }));
    ASSERT_TRUE(core->detach(program.pid, round % 2 == 0 ? a : b));
    ASSERT_TRUE(core->detach(program.pid, round % 2 == 0 ? b : a));
    ASSERT_TRUE(until([&] { return core->released(program.pid); }));
    expect_untraced(program.pid);
    ASSERT_EQ(code_of(program.pid), before) << "round " << round;
  }
  program.go();
  EXPECT_EQ(program.rest(), "busy_signals done\n");
  EXPECT_EQ(wait_for(program), 0);
}

TEST_F(Leaving, ThreadsThatHaveExecutedABreakpointAndWereNotReportedYetArePutBack) {
  auto program = start({"busy_signals", "6"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  Diary engine;
  for (int round = 0; round < 20; ++round) {
    auto tasks = core->attach(program.pid, engine, {everything, false, true});
    ASSERT_TRUE(tasks) << tasks.error().text;
    ASSERT_TRUE(core->add_breakpoint(tasks->front(), engine, symbol(tasks->front(), "busy")));
    // The kernel's own word for it: they stand in their traps, and nobody has asked the kernel yet.
    const auto threads = sys::threads_of(program.pid);
    ASSERT_TRUE(threads);
    for (Tid tid : *threads) {
      if (tid == leader_of(program.pid)) continue;
      while (state_of(tid) != 't') ::sched_yield();
    }
    ASSERT_TRUE(core->detach(program.pid, engine));
    ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  }
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 0) << "the engine had left before any was looked at";
  program.go();
  EXPECT_EQ(program.rest(), "busy_signals done\n");
  EXPECT_EQ(wait_for(program), 0);
}

TEST_F(Leaving, AProcessThatStandsGetsItsCodeBackBeforeItRuns) {
  auto program = start({"spin", "2", "wait"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  const auto before = code_of(program.pid);
  Diary a, b;
  const auto tasks = attach_holding(a, program);
  for (TaskId task : tasks) hold_too(b, task);
  ASSERT_TRUE(core->add_breakpoint(tasks.front(), a, symbol(tasks.front(), "turn_once")));
  ASSERT_TRUE(core->add_breakpoint(tasks.front(), b, symbol(tasks.front(), "main")));
  EXPECT_NE(code_of(program.pid), before);
  ASSERT_TRUE(core->detach(program.pid, a));
  ASSERT_TRUE(core->detach(program.pid, b));
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(code_of(program.pid), before);
  program.go();
  EXPECT_EQ(program.rest(), "spin threads=2\n");
  EXPECT_EQ(wait_for(program), 0);
}

// The kernel takes the trap flag of a step over popf for the program's own, and would leave it set.
TEST_F(Leaving, AfterStepsOverPushfAndPopfNoTrapFlagIsLeft) {
  for (int steps = 1; steps <= 24; ++steps) {
    Diary engine;
    auto program = launch(engine, {"odd_steps", "1", "no_traps"});
    const TaskId task = run_to(engine, program, "pop_flags");
    for (int i = 0; i < steps; ++i) step(engine, task);
    ASSERT_TRUE(core->detach(program.pid, engine));
    ASSERT_TRUE(until([&] { return core->released(program.pid); }));
    EXPECT_EQ(program.rest(), "odd_steps traps=0 steps=0 handled=1 flags=0\n") << steps << " steps";
    EXPECT_EQ(wait_for(program), 0);
  }
}

// The core itself may end with everything in place.
TEST_F(Leaving, TheEndOfTheCoreLeavesNothingEither) {
  auto program = start({"busy_signals", "3"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  const auto before = code_of(program.pid);
  Diary engine;
  auto tasks = core->attach(program.pid, engine, {everything, false, true});
  ASSERT_TRUE(tasks);
  ASSERT_TRUE(core->add_breakpoint(tasks->front(), engine, symbol(tasks->front(), "busy")));
  ASSERT_TRUE(core->add_watchpoint(tasks->front(), engine, symbol(tasks->front(), "alarms"), 8,
                                   arch::native::WatchKind::write));
  ASSERT_TRUE(until([&] { return engine.count<event::WatchpointHit>() > 5; }));
  core.reset();
  expect_untraced(program.pid);
  EXPECT_EQ(code_of(program.pid), before);
  program.go();
  EXPECT_EQ(program.rest(), "busy_signals done\n");
  EXPECT_EQ(wait_for(program), 0);
}

TEST_F(Leaving, AtTheEntryOrTheExitOfASystemCall) {
  const auto calls = everything | EventMask{EventKind::syscall_entry, EventKind::syscall_exit};
  for (const bool at_entry : {true, false}) {
    Diary engine;
    auto program = launch(engine, {"syscalls", "25", "2"}, calls);
    int seen = 0;
    engine.behave([&](TaskId, const Event& event) {
      const auto* entry = std::get_if<event::SyscallEntry>(&event);
      const auto* exit = std::get_if<event::SyscallExit>(&event);
      const bool here = at_entry ? entry != nullptr && entry->number == SYS_getppid
                                 : exit != nullptr && exit->number == SYS_getppid;
      // Each thread is left in the middle of its own call.
      if (here && ++seen >= 3) return Verdict{ResumeAction::detach, {}, {}, {}};
      return Verdict{};
    });
    resume(engine, program.task);
    ASSERT_TRUE(until([&] { return core->released(program.pid); }));
    EXPECT_EQ(program.rest(), "syscalls rounds=75\n");
    EXPECT_EQ(wait_for(program), 0);
  }
}

TEST_F(Leaving, AStoppedJobIsLeftStoppedAndGoesOnWithSigcont) {
  auto program = start({"spin", "2", "wait"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  ASSERT_EQ(::kill(program.pid.value, SIGSTOP), 0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(program.pid.value), &info, WSTOPPED), 0);
  Diary engine;
  const auto tasks = attach_holding(engine, program);
  EXPECT_EQ(tasks.size(), 4U);
  ASSERT_TRUE(core->detach(program.pid, engine));
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  for (TaskId task : tasks) ASSERT_TRUE(until([&] { return state_of(task.tid) == 'T'; }));
  ASSERT_EQ(::kill(program.pid.value, SIGCONT), 0);
  program.go();
  EXPECT_EQ(program.rest(), "spin threads=2\n");
  EXPECT_EQ(wait_for(program), 0);
}

TEST_F(Leaving, AJobThatIsContinuedWhileItIsHeldRunsAfterwards) {
  auto program = start({"spin", "2", "wait"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  ASSERT_EQ(::kill(program.pid.value, SIGSTOP), 0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(program.pid.value), &info, WSTOPPED), 0);
  Diary engine;
  (void)attach_holding(engine, program);
  ASSERT_EQ(::kill(program.pid.value, SIGCONT), 0);
  ASSERT_TRUE(core->detach(program.pid, engine));
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  program.go();
  EXPECT_EQ(program.rest(), "spin threads=2\n");
  EXPECT_EQ(wait_for(program), 0);
}

// --- no callback after detach ---

TEST_F(Leaving, NoCallbackComesOnceDetachHasReturned) {
  auto program = start({"busy_signals", "3"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  Diary stays;
  ASSERT_TRUE(core->attach(program.pid, stays, {everything, false, true}));
  for (int round = 0; round < 20; ++round) {
    Diary leaver;
    bool left = false;
    leaver.behave([&](TaskId, const Event&) {
      EXPECT_FALSE(left);
      return Verdict{ResumeAction::single_step, {}, {}, {}};
    });
    auto tasks = core->attach(program.pid, leaver, {everything, false, true});
    ASSERT_TRUE(tasks);
    ASSERT_TRUE(core->add_breakpoint(tasks->front(), leaver, symbol(tasks->front(), "busy")));
    ASSERT_TRUE(until([&] { return leaver.entries.size() > 20; }));
    // Owed to it at this moment: steps, hits, signals, Quiesced.
    for (TaskId task : *tasks) control(leaver, task, ResumeAction::interrupt);
    ASSERT_TRUE(core->detach(program.pid, leaver));
    left = true;
    const auto signals = stays.count<event::Signal>();
    ASSERT_TRUE(until([&] { return stays.count<event::Signal>() > signals + 5; }));
  }
  ASSERT_TRUE(core->detach(program.pid, stays));
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  program.go();
  EXPECT_EQ(program.rest(), "busy_signals done\n");
  EXPECT_EQ(wait_for(program), 0);
}

// The very event that both were to hear of.
TEST_F(Leaving, AnEngineThatAnotherOneDetachesInACallbackIsNotCalledAnyMore) {
  Diary first, second;
  auto program = launch(first, {"counter_threads", "2", "20"});
  ASSERT_TRUE(core->attach(program.task, second, {everything, false, true}));
  const Addr tick = symbol(program.task, "tick");
  ASSERT_TRUE(core->add_breakpoint(program.task, first, tick));
  ASSERT_TRUE(core->add_breakpoint(program.task, second, tick));
  bool left = false;
  second.behave([&](TaskId, const Event&) {
    EXPECT_FALSE(left);
    return Verdict{};
  });
  first.behave([&](TaskId, const Event& event) {
    if (std::holds_alternative<event::BreakpointHit>(event) && first.count<event::BreakpointHit>() == 7) {
      EXPECT_TRUE(core->detach(program.pid, second));
      left = true;
    }
    return Verdict{};
  });
  resume(first, program.task);
  ASSERT_TRUE(until([&] { return died(first, program.task); }));
  EXPECT_EQ(first.count<event::BreakpointHit>(), 40);
  EXPECT_EQ(second.count<event::BreakpointHit>(), 6);
}

// The same for what the mask asks for.
TEST_F(Leaving, AnEngineThatIsDetachedWhileASignalIsToldHearsNoMoreOfIt) {
  Diary first, second;
  auto program = launch(first, {"signals", "handled", "6"});
  ASSERT_TRUE(core->attach(program.task, second, {everything, false, true}));
  first.behave([&](TaskId, const Event& event) {
    if (std::holds_alternative<event::Signal>(event) && first.count<event::Signal>() == 3) {
      EXPECT_TRUE(core->detach(program.task, second));
    }
    return Verdict{};
  });
  resume(first, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(first.count<event::Signal>(), 6);
  EXPECT_EQ(second.count<event::Signal>(), 2);
  EXPECT_EQ(second.count<event::Died>() + second.count<event::Reaped>(), 0);
  EXPECT_EQ(status_of(first).code, 0);
}

TEST_F(Leaving, AnEngineThatDetachesItselfInACallbackIsNotCalledAnyMore) {
  Diary first, second;
  auto program = launch(first, {"counter_threads", "2", "20"});
  ASSERT_TRUE(core->attach(program.task, second, {everything, false, true}));
  ASSERT_TRUE(core->add_breakpoint(program.task, first, symbol(program.task, "tick")));
  ASSERT_TRUE(core->add_breakpoint(program.task, second, symbol(program.task, "tick")));
  second.behave([&](TaskId task, const Event& event) {
    if (std::holds_alternative<event::BreakpointHit>(event)) {
      core->detach_everything(second);
      EXPECT_FALSE(core->attached(task, second));
    }
    // What it says now is nobody's wish any more.
    return Verdict{ResumeAction::stop, SignalVerdict::suppress(), {}, {}};
  });
  resume(first, program.task);
  ASSERT_TRUE(until([&] { return second.count<event::Born>() + second.count<event::BreakpointHit>() > 0; }));
  for (TaskId task : core->tasks_of(program.pid)) {
    if (core->attached(task, second)) resume(second, task);
  }
  ASSERT_TRUE(until([&] {
    for (TaskId task : core->tasks_of(program.pid)) {
      if (core->holds(task, second)) resume(second, task);
    }
    return died(first, program.task);
  }));
  EXPECT_EQ(second.count<event::BreakpointHit>(), 1);
  EXPECT_EQ(first.count<event::BreakpointHit>(), 40);
  EXPECT_EQ(status_of(first).code, 0);
}

}  // namespace
}  // namespace cotrace::test
