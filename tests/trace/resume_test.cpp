// Who lets a task run: holds, job control, and the strongest of the engines' actions.

#include <signal.h>

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

class Resuming : public Tracing {
 protected:
  // A program whose main thread counts turns, held by the engine, every task of it.
  Program spinning(Diary& engine) {
    auto program = start({"spin", "0", "wait"});
    EXPECT_EQ(program.line().rfind("ready", 0), 0U);
    tasks = attach_holding(engine, program);
    main = tasks.front();
    for (TaskId task : tasks) main = task.tid == leader_of(program.pid) ? task : main;
    return program;
  }
  // Nothing of it runs while everything that comes is handled.
  bool stands() {
    const auto before = variable(main, "turns");
    drain();
    return variable(main, "turns") == before;
  }
  bool runs() {
    const auto before = variable(main, "turns");
    return until([&] { return variable(main, "turns") != before; });
  }
  void end(Diary& engine, Program& program) {
    program.go();
    ASSERT_TRUE(until([&] { return died(engine, main); }));
    EXPECT_EQ(status_of(engine), (ExitStatus{false, 0, false}));
  }
  static int job_events(const Diary& engine, bool stopped) {
    int n = 0;
    for (const auto& entry : engine.entries) {
      const auto* job = std::get_if<event::JobControl>(&entry.event);
      n += job != nullptr && job->stopped == stopped ? 1 : 0;
    }
    return n;
  }

  std::vector<TaskId> tasks;
  TaskId main;
};

TEST_F(Resuming, ATaskRunsOnlyWhenTheLastOfThreeHoldersLetsGo) {
  Diary a, b, c;
  auto program = launch(a, {"counter_threads", "1", "3"});
  hold_too(b, program.task);
  hold_too(c, program.task);
  const auto generation = core->generation(program.task);
  for (Diary* engine : {&b, &a}) {
    resume(*engine, program.task);
    drain();
    EXPECT_EQ(core->info(program.task)->state, trace::TaskState::stopped);
    EXPECT_EQ(state_of(program.task.tid), 't');
    EXPECT_EQ(core->generation(program.task), generation);
  }
  resume(c, program.task);
  ASSERT_TRUE(until([&] { return died(c, program.task); }));
  EXPECT_EQ(status_of(a).code, 0);
}

TEST_F(Resuming, AnEngineThatDiesWithItsHoldLetsTheTaskRun) {
  Diary a;
  auto b = std::make_unique<Diary>();
  auto program = launch(a, {"counter_threads", "1", "3"});
  hold_too(*b, program.task);
  resume(a, program.task);
  drain();
  EXPECT_EQ(core->info(program.task)->state, trace::TaskState::stopped);
  core->detach_everything(*b);
  b.reset();
  ASSERT_TRUE(until([&] { return died(a, program.task); }));
  EXPECT_EQ(status_of(a).code, 0);
}

TEST_F(Resuming, AJobThatIsStoppedStaysSoWhateverTheEnginesResume) {
  Diary engine;
  auto program = spinning(engine);
  ASSERT_EQ(::kill(program.pid.value, SIGSTOP), 0);
  resume_all(engine, tasks);
  ASSERT_TRUE(until([&] { return job_events(engine, true) == static_cast<int>(tasks.size()); }));
  EXPECT_TRUE(stands());
  // An engine may hold it, look at it and let it go: the job is stopped all the same.
  engine.behave([](TaskId, const Event& event) {
    return std::holds_alternative<event::Quiesced>(event) ? holding : Verdict{};
  });
  const int quiet = engine.count<event::Quiesced>();
  for (TaskId task : tasks) control(engine, task, ResumeAction::stop);
  ASSERT_TRUE(
      until([&] { return engine.count<event::Quiesced>() == quiet + static_cast<int>(tasks.size()); }));
  EXPECT_NE(pc(main), 0U);
  engine.behave(nullptr);
  resume_all(engine, tasks);
  EXPECT_TRUE(stands());
  EXPECT_EQ(job_events(engine, true), static_cast<int>(tasks.size())) << "it was stopped once";
  ASSERT_EQ(::kill(program.pid.value, SIGCONT), 0);
  ASSERT_TRUE(until([&] { return job_events(engine, false) == static_cast<int>(tasks.size()); }));
  EXPECT_TRUE(runs());
  end(engine, program);
}

TEST_F(Resuming, SigcontDoesNotRunATaskThatAnEngineHolds) {
  Diary engine;
  auto program = spinning(engine);
  ASSERT_EQ(::kill(program.pid.value, SIGSTOP), 0);
  resume_all(engine, tasks);
  ASSERT_TRUE(until([&] { return job_events(engine, true) == static_cast<int>(tasks.size()); }));
  engine.behave([](TaskId, const Event& event) {
    return std::holds_alternative<event::Quiesced>(event) ? holding : Verdict{};
  });
  const int quiet = engine.count<event::Quiesced>();
  for (TaskId task : tasks) control(engine, task, ResumeAction::stop);
  ASSERT_TRUE(
      until([&] { return engine.count<event::Quiesced>() == quiet + static_cast<int>(tasks.size()); }));
  engine.behave(nullptr);
  ASSERT_EQ(::kill(program.pid.value, SIGCONT), 0);
  EXPECT_TRUE(stands());
  EXPECT_EQ(state_of(main.tid), 't');
  resume_all(engine, tasks);
  EXPECT_TRUE(runs());
  end(engine, program);
}

TEST_F(Resuming, OneStepsTheOtherRunsAndOnlyTheFirstHearsOfTheStep) {
  Diary a, b;
  auto program = launch(a, {"counter_threads", "1", "5"});
  const TaskId task = run_to(a, program, "tick");
  const Addr next = next_instruction(task, Addr{pc(task)});
  hold_too(b, task);
  a.behave([](TaskId, const Event& event) {
    return std::holds_alternative<event::StepDone>(event) ? holding : Verdict{};
  });
  control(a, task, ResumeAction::single_step);
  resume(b, task);
  ASSERT_TRUE(until([&] { return a.count<event::StepDone>() == 1; }));
  drain();
  EXPECT_EQ(pc(task), next.value);
  EXPECT_EQ(b.count<event::StepDone>(), 0);
  // Nothing is sticky: what is resumed without a step runs, to the end.
  a.behave(nullptr);
  resume(a, task);
  ASSERT_TRUE(until([&] { return died(a, program.task); }));
  EXPECT_EQ(a.count<event::StepDone>(), 1);
  EXPECT_EQ(b.count<event::StepDone>(), 0);
  EXPECT_EQ(a.count<event::Signal>() + b.count<event::Signal>(), 0) << "a trap of a step is no signal";
  EXPECT_EQ(status_of(a).code, 0);
}

TEST_F(Resuming, BothStepOneInstructionIsRunAndTheNextStepIsTheOtherOnesOnly) {
  Diary a, b;
  auto program = launch(a, {"counter_threads", "1", "5"});
  const TaskId task = run_to(a, program, "tick");
  const Addr next = next_instruction(task, Addr{pc(task)});
  hold_too(b, task);
  auto hold_steps = [](TaskId, const Event& event) {
    return std::holds_alternative<event::StepDone>(event) ? holding : Verdict{};
  };
  a.behave(hold_steps);
  b.behave(hold_steps);
  control(a, task, ResumeAction::single_step);
  control(b, task, ResumeAction::single_step);
  ASSERT_TRUE(until([&] { return a.count<event::StepDone>() == 1 && b.count<event::StepDone>() == 1; }));
  EXPECT_EQ(pc(task), next.value);
  resume(a, task);
  control(b, task, ResumeAction::single_step);
  ASSERT_TRUE(until([&] { return b.count<event::StepDone>() == 2; }));
  drain();
  EXPECT_EQ(a.count<event::StepDone>(), 1) << "its step of before is still in force";
  EXPECT_EQ(pc(task), next_instruction(task, next).value);
  resume(b, task);
  ASSERT_TRUE(until([&] { return died(a, program.task); }));
  EXPECT_EQ(b.count<event::StepDone>(), 2);
}

TEST_F(Resuming, AStepIsForOneResumeOnly) {
  Diary engine;
  auto program = launch(engine, {"counter_threads", "1", "5"});
  const TaskId task = run_to(engine, program, "tick");
  // The answer to StepDone is "resume", without another step.
  control(engine, task, ResumeAction::single_step);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(engine.count<event::StepDone>(), 1);
  EXPECT_EQ(status_of(engine).code, 0);
}

TEST_F(Resuming, ASingleStepIsStrongerThanABlockStep) {
  Diary a, b;
  auto program = launch(a, {"counter_threads", "1", "5"});
  const TaskId task = run_to(a, program, "tick");
  const Addr next = next_instruction(task, Addr{pc(task)});
  hold_too(b, task);
  a.behave([](TaskId, const Event& event) {
    return std::holds_alternative<event::StepDone>(event) ? holding : Verdict{};
  });
  control(b, task, ResumeAction::block_step);
  control(a, task, ResumeAction::single_step);
  ASSERT_TRUE(until([&] { return a.count<event::StepDone>() == 1; }));
  EXPECT_EQ(pc(task), next.value);
  resume(a, task);
  ASSERT_TRUE(until([&] { return died(a, program.task); }));
  EXPECT_EQ(status_of(a).code, 0);
}

TEST_F(Resuming, AReportComesOnceAndTheTaskRunsOn) {
  Diary a, b;
  auto program = spinning(a);
  ASSERT_TRUE(core->attach(main, b, {everything, false, true}));
  resume_all(a, tasks);
  control(b, main, ResumeAction::report);
  ASSERT_TRUE(until([&] { return b.count<event::Quiesced>() == 1; }));
  EXPECT_TRUE(runs());
  drain();
  EXPECT_EQ(b.count<event::Quiesced>(), 1);
  EXPECT_EQ(a.count<event::Quiesced>(), static_cast<int>(tasks.size())) << "only who asked is told";
  end(a, program);
}

TEST_F(Resuming, AnInterruptedReadGoesOnAsIfNothingHadBeen) {
  auto program = start({"sleeping_read"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  Diary engine;
  auto attached = core->attach(program.pid, engine, {everything, false, true});
  ASSERT_TRUE(attached);
  for (int i = 1; i <= 20; ++i) {
    control(engine, attached->front(), ResumeAction::interrupt);
    ASSERT_TRUE(until([&] { return engine.count<event::Quiesced>() == i; }));
  }
  program.go();
  ASSERT_TRUE(until([&] { return died(engine, attached->front()); }));
  EXPECT_EQ(program.rest(), "sleeping_read got=0 interrupted=0 handled=0\n");
}

// The breakpoint, the step and the watchpoint of one are nothing to the other, not even a signal.
TEST_F(Resuming, TrapsAreToldToTheirOwnersAlone) {
  Diary owner, other;
  auto program = launch(owner, {"watch_threads", "2", "3"});
  ASSERT_TRUE(core->attach(program.task, other, {everything, false, true}));
  ASSERT_TRUE(core->add_breakpoint(program.task, owner, symbol(program.task, "write_slot")));
  ASSERT_TRUE(core->add_watchpoint(program.task, owner, symbol(program.task, "slots"), 4,
                                   arch::native::WatchKind::write));
  owner.behave([&](TaskId, const Event& event) {
    return std::holds_alternative<event::BreakpointHit>(event)
               ? Verdict{ResumeAction::single_step, {}, {}, {}}
               : Verdict{};
  });
  resume(owner, program.task);
  ASSERT_TRUE(until([&] { return died(owner, program.task); }));
  EXPECT_EQ(owner.count<event::BreakpointHit>(), 2 * 3);
  EXPECT_EQ(owner.count<event::StepDone>(), 2 * 3);
  EXPECT_EQ(owner.count<event::WatchpointHit>(), 3);
  EXPECT_EQ(other.count<event::BreakpointHit>(), 0);
  EXPECT_EQ(other.count<event::StepDone>(), 0);
  EXPECT_EQ(other.count<event::WatchpointHit>(), 0);
  EXPECT_EQ(other.count<event::Signal>(), 0);
  EXPECT_EQ(owner.count<event::Signal>(), 0);
  EXPECT_EQ(status_of(owner).code, 0);
}

TEST_F(Resuming, AStepThatEndsAtASiteHasNotHitIt) {
  Diary a, b;
  auto program = launch(a, {"counter_threads", "1", "3"});
  const TaskId task = run_to(a, program, "tick");
  ASSERT_TRUE(core->attach(task, b, {everything, false, true}));
  ASSERT_TRUE(core->add_breakpoint(task, b, next_instruction(task, Addr{pc(task)})));
  step(a, task);
  drain();
  EXPECT_EQ(b.count<event::BreakpointHit>(), 0) << "the instruction has not been run";
  resume(a, task);
  ASSERT_TRUE(until([&] { return died(a, program.task); }));
  EXPECT_EQ(b.count<event::BreakpointHit>(), 3);
  EXPECT_EQ(a.count<event::BreakpointHit>(), 1);
  EXPECT_EQ(status_of(a).code, 0);
}

TEST_F(Resuming, ATaskThatStoppedForAnotherReasonWithItsPcAtASiteHitsItWhenItRuns) {
  Diary a, b;
  auto program = launch(a, {"counter_threads", "1", "3"});
  hold_too(b, program.task);
  // At the first instruction of the program's loader, by exec and not by a breakpoint.
  ASSERT_TRUE(core->add_breakpoint(program.task, b, Addr{pc(program.task)}));
  resume(b, program.task);
  drain();
  EXPECT_EQ(b.count<event::BreakpointHit>(), 0);
  resume(a, program.task);
  ASSERT_TRUE(until([&] { return died(a, program.task); }));
  EXPECT_EQ(b.count<event::BreakpointHit>(), 1);
  EXPECT_EQ(status_of(a).code, 0);
}

}  // namespace
}  // namespace cotrace::test
