// The cases in which earlier tools went wrong, each by name.

#include <signal.h>
#include <sys/wait.h>

#include "linux/ptrace.h"
#include "trace/tracing.h"

namespace cotrace::test {
namespace {

class PriorWork : public Tracing {};

// utrace's forgotten trap flag.
TEST_F(PriorWork, AStepThenADetachAndTheProgramRunsOnWithoutATrap) {
  Diary engine;
  auto program = launch(engine, {"counter_threads", "1", "5"});
  const TaskId task = run_to(engine, program, "tick");
  for (int i = 0; i < 3; ++i) step(engine, task);
  // The next step is under way when the engine goes.
  control(engine, task, ResumeAction::single_step);
  ASSERT_TRUE(core->detach(program.pid, engine));
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(tracer_of(program.pid), 0);
  EXPECT_EQ(program.rest(), "counter_threads threads=1 calls=5\n");
  EXPECT_EQ(wait_for(program), 0);
}

TEST_F(PriorWork, AStepsBHoldsAGivesUpSteppingBeforeBLetsGoAndNoTrapComes) {
  Diary a, b;
  auto program = launch(a, {"counter_threads", "1", "5"});
  const TaskId task = run_to(a, program, "tick");
  ASSERT_TRUE(core->attach(task, b, {everything, true, true}));
  b.behave([&](TaskId, const Event& event) {
    return std::holds_alternative<event::Quiesced>(event) ? holding : Verdict{};
  });
  ASSERT_TRUE(until([&] { return b.count<event::Quiesced>() == 1; }));
  control(a, task, ResumeAction::single_step);
  drain();
  EXPECT_EQ(a.count<event::StepDone>(), 0) << "the task ran although the other engine holds it";
  resume(a, task);
  resume(b, task);
  ASSERT_TRUE(until([&] { return died(a, program.task); }));
  EXPECT_EQ(a.count<event::StepDone>(), 0);
  EXPECT_EQ(b.count<event::StepDone>(), 0);
  EXPECT_EQ(a.count<event::Signal>(), 0);
  EXPECT_EQ(status_of(a).code, 0);
}

TEST_F(PriorWork, AResumesWithASignalAndVanishesAtOnceAndTheSignalArrives) {
  auto program = start({"spin", "1", "wait"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  Diary engine;
  std::optional<TaskId> stopped;
  engine.behave([&](TaskId task, const Event& event) {
    if (!std::holds_alternative<event::Signal>(event)) return Verdict{};
    stopped = task;
    return holding;
  });
  ASSERT_TRUE(core->attach(program.pid, engine, {everything, false, true}));
  ASSERT_EQ(::kill(program.pid.value, SIGUSR1), 0);
  ASSERT_TRUE(until([&] { return stopped.has_value(); }));
  // Answered and left in one breath.
  ASSERT_TRUE(core->control(*stopped, engine, {ResumeAction::resume, SignalVerdict::keep(), 0}));
  ASSERT_TRUE(core->detach(program.pid, engine));
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  const int status = wait_for(program);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGUSR1);
}

TEST_F(PriorWork, AnEngineThatVanishesWithASignalUnansweredPassesItOn) {
  auto program = start({"spin", "1", "wait"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  Diary engine;
  bool stopped = false;
  engine.behave([&](TaskId, const Event& event) {
    if (!std::holds_alternative<event::Signal>(event)) return Verdict{};
    stopped = true;
    return holding;
  });
  ASSERT_TRUE(core->attach(program.pid, engine, {everything, false, true}));
  ASSERT_EQ(::kill(program.pid.value, SIGUSR2), 0);
  ASSERT_TRUE(until([&] { return stopped; }));
  ASSERT_TRUE(core->detach(program.pid, engine));
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(WTERMSIG(wait_for(program)), SIGUSR2);
}

TEST_F(PriorWork, InterruptingATaskThatAnotherEngineHoldsStopsAtOnceAndASignalWorksFromIt) {
  auto program = start({"spin", "0", "wait"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  Diary holder, second;
  auto hold = [&](TaskId, const Event& event) {
    return std::holds_alternative<event::Quiesced>(event) ? holding : Verdict{};
  };
  holder.behave(hold);
  second.behave(hold);
  auto tasks = core->attach(program.pid, holder, {everything, true, true});
  ASSERT_TRUE(tasks);
  ASSERT_TRUE(until([&] { return holder.count<event::Quiesced>() == static_cast<int>(tasks->size()); }));
  const TaskId task = tasks->front();
  ASSERT_TRUE(core->attach(task, second, {everything, false, true}));
  control(second, task, ResumeAction::stop);
  EXPECT_EQ(second.count<event::Quiesced>(), 0) << "never from within the call";
  ASSERT_TRUE(until([&] { return second.count<event::Quiesced>() == 1; }));
  ASSERT_TRUE(core->control(task, second, {ResumeAction::resume, std::nullopt, SIGUSR1}));
  for (TaskId held : *tasks) resume(holder, held);
  ASSERT_TRUE(until([&] { return died(holder, task); }));
  // It was this process's own child, and the core has taken its status.
  EXPECT_EQ(status_of(holder), (ExitStatus{true, SIGUSR1, false}));
  EXPECT_EQ(holder.count<event::Signal>(), 0) << "what an engine injects is reported to nobody";
}

TEST_F(PriorWork, ABreakpointIsHitWhileAnotherEnginesStepIsUnderWay) {
  Diary stepper, breaker;
  auto program = launch(stepper, {"counter_threads", "1", "20"});
  const TaskId task = run_to(stepper, program, "tick");
  ASSERT_TRUE(core->attach(task, breaker, {everything, false, true}));
  // The breaker's site is where the stepper will come to: on the next calls of the function.
  ASSERT_TRUE(core->add_breakpoint(task, breaker, symbol(task, "tick")));
  stepper.behave([&](TaskId, const Event& event) {
    return std::holds_alternative<event::StepDone>(event) ? Verdict{ResumeAction::single_step, {}, {}, {}}
                                                          : Verdict{};
  });
  const int before = breaker.count<event::BreakpointHit>();
  control(stepper, task, ResumeAction::single_step);
  ASSERT_TRUE(until([&] { return died(stepper, program.task); }));
  EXPECT_GT(stepper.count<event::StepDone>(), 20 * 4);
  // Twenty calls; at the first the task stood already, told to the stepper alone.
  EXPECT_EQ(breaker.count<event::BreakpointHit>() - before, 19);
  EXPECT_EQ(program.rest(), "counter_threads threads=1 calls=20\n");
}

TEST_F(PriorWork, SigkillToATaskThatTwoEnginesHold) {
  Diary a, b;
  auto program = launch(a, {"counter_threads", "1", "5"});
  ASSERT_TRUE(core->attach(program.task, b, {everything, true, true}));
  b.behave([&](TaskId, const Event& event) {
    return std::holds_alternative<event::Quiesced>(event) ? holding : Verdict{};
  });
  ASSERT_TRUE(until([&] { return b.count<event::Quiesced>() == 1; }));
  ASSERT_EQ(::kill(program.pid.value, SIGKILL), 0);
  ASSERT_TRUE(until([&] { return died(a, program.task) && died(b, program.task); }));
  EXPECT_EQ(status_of(a), (ExitStatus{true, SIGKILL, false}));
  EXPECT_EQ(status_of(b), (ExitStatus{true, SIGKILL, false}));
  EXPECT_EQ(a.count<event::Reaped>(), 1);
  auto late = core->control(program.task, a, {});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::gone);
}

TEST_F(PriorWork, ExecFromAThreadThatIsNotTheLeader) {
  Diary engine;
  auto program = launch(engine, {"exec_thread", "3"});
  std::vector<Tid> formers;
  engine.behave([&](TaskId task, const Event& event) {
    if (const auto* exec = std::get_if<event::Execed>(&event)) {
      formers.push_back(exec->former);
      EXPECT_EQ(task.tid, leader_of(program.pid));
      EXPECT_EQ(core->tasks_of(program.pid).size(), 1U);
    }
    return Verdict{};
  });
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return !core->tasks_of(program.pid).empty() ? false : true; }));
  EXPECT_EQ(formers.size(), 3U);
  for (Tid former : formers) EXPECT_NE(former, leader_of(program.pid));
  EXPECT_EQ(status_of(engine), (ExitStatus{false, 42, false}));
}

TEST_F(PriorWork, TheLeaderExitsFirstAndTheProcessLivesOnIsAttachedToAndExitsWithItsCode) {
  auto program = start({"leader_exits", "7"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  Diary engine;
  auto tasks = core->attach(program.pid, engine, {everything, true, true});
  ASSERT_TRUE(tasks) << tasks.error().text;
  ASSERT_EQ(tasks->size(), 1U);
  ASSERT_TRUE(until([&] { return engine.count<event::Quiesced>() == 1; }));
  ASSERT_TRUE(core->add_breakpoint(tasks->front(), engine, symbol(tasks->front(), "after_leader")));
  resume(engine, tasks->front());
  program.go();
  ASSERT_TRUE(until([&] { return died(engine, tasks->front()); }));
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 1);
  EXPECT_EQ(status_of(engine), (ExitStatus{false, 7, false}));
  EXPECT_EQ(WEXITSTATUS(wait_for(program)), 7);
}

TEST_F(PriorWork, TheLeaderExitsFirstUnderTheTracerAndAHaltDoesNotWaitForIt) {
  Diary engine;
  auto program = launch(engine, {"leader_exits", "9"});
  resume(engine, program.task);
  drain();
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  ASSERT_TRUE(until([&] {
    auto leader = core->info(program.task);
    return leader && leader->state == trace::TaskState::gone;
  }));
  EXPECT_FALSE(died(engine, program.task));
  const auto refused = core->control(program.task, engine, {ResumeAction::stop, {}, 0});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::gone);
  program.go();
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(status_of(engine), (ExitStatus{false, 9, false}));
}

// Over system calls, handlers and sigreturn, pushf, popf, int3 of the program's own: the whole program,
// instruction by instruction.
TEST_F(PriorWork, SteppingOverEverythingOdd) {
  Diary engine;
  auto program = launch(engine, {"odd_steps", "2"});
  run_to(engine, program, "one_round");
  engine.behave([&](TaskId, const Event& event) {
    const bool step =
        std::holds_alternative<event::StepDone>(event) || std::holds_alternative<event::Signal>(event);
    return step ? Verdict{ResumeAction::single_step, SignalVerdict::keep(), {}, {}} : Verdict{};
  });
  control(engine, program.task, ResumeAction::single_step);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(program.rest(), "odd_steps traps=4 steps=2 handled=2 flags=0\n");
  EXPECT_GT(engine.count<event::StepDone>(), 500);
}

TEST_F(PriorWork, SteppingOverPthreadCreateTheThreadRunsUnstepped) {
  Diary engine;
  auto program = launch(engine, {"counter_threads", "2", "50"});
  int steps = 0;
  engine.behave([&](TaskId task, const Event& event) {
    if (!std::holds_alternative<event::StepDone>(event)) return Verdict{};
    EXPECT_EQ(task, program.task);
    return ++steps < 30000 ? Verdict{ResumeAction::single_step, {}, {}, {}} : Verdict{};
  });
  run_to(engine, program, "main");
  engine.behave([&](TaskId task, const Event& event) {
    if (!std::holds_alternative<event::StepDone>(event)) return Verdict{};
    EXPECT_EQ(task, program.task);
    return ++steps < 30000 ? Verdict{ResumeAction::single_step, {}, {}, {}} : Verdict{};
  });
  control(engine, program.task, ResumeAction::single_step);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(program.rest(), "counter_threads threads=2 calls=100\n");
  EXPECT_EQ(status_of(engine).code, 0);
}

struct SignalCase {
  const char* mode;
  ExitStatus status;
  friend std::ostream& operator<<(std::ostream& out, const SignalCase& tested) { return out << tested.mode; }
};
class Signals : public Tracing, public ::testing::WithParamInterface<SignalCase> {};

TEST_P(Signals, AreReportedAndPassedOnAsTheyAre) {
  Diary engine;
  auto program = launch(engine, {"signals", GetParam().mode, "6"});
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(status_of(engine).signalled, GetParam().status.signalled) << program.rest();
  EXPECT_EQ(status_of(engine).code, GetParam().status.code);
  EXPECT_GT(engine.count<event::Signal>(), 0);
}

INSTANTIATE_TEST_SUITE_P(
    PriorWork, Signals,
    ::testing::Values(SignalCase{"ignored", {false, 0, false}}, SignalCase{"blocked", {false, 0, false}},
                      SignalCase{"handled", {false, 0, false}}, SignalCase{"queued", {false, 0, false}},
                      SignalCase{"fault", {false, 0, false}}, SignalCase{"nested", {false, 0, false}},
                      SignalCase{"fatal", {true, 6, false}}, SignalCase{"core", {true, SIGABRT, true}}),
    [](const auto& test) { return std::string(test.param.mode); });

TEST_F(PriorWork, StopAndContinueWorkAsWithoutATracer) {
  Diary engine;
  auto program = launch(engine, {"job_control", "2"});
  engine.behave([&](TaskId, const Event& event) {
    const auto* cloned = std::get_if<event::Cloned>(&event);
    if (cloned != nullptr && cloned->kind == CloneKind::fork) {
      EXPECT_TRUE(core->attach(cloned->child, engine, {everything, false, true}));
    }
    return Verdict{};
  });
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(status_of(engine), (ExitStatus{false, 0, false})) << program.rest();
  int stops = 0, continues = 0;
  for (const auto& entry : engine.entries) {
    if (const auto* job = std::get_if<event::JobControl>(&entry.event))
      (job->stopped ? stops : continues) += 1;
  }
  EXPECT_EQ(stops, 8);
  EXPECT_EQ(continues, 8);
}

TEST_F(PriorWork, ASignalThatWaitsInAStoppedProcessIsToldOnceItGoesOn) {
  auto program = start({"spin", "0", "wait"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  ASSERT_EQ(::kill(program.pid.value, SIGSTOP), 0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(program.pid.value), &info, WSTOPPED), 0);
  ASSERT_EQ(::kill(program.pid.value, SIGUSR1), 0);
  Diary engine;
  int usr1 = 0;
  engine.behave([&](TaskId, const Event& event) {
    const auto* signal = std::get_if<event::Signal>(&event);
    if (signal != nullptr && signal->info.si_signo == SIGUSR1) ++usr1;
    return std::holds_alternative<event::Quiesced>(event) ? holding : Verdict{};
  });
  auto attached = core->attach(program.pid, engine, {everything, true, true});
  ASSERT_TRUE(attached) << attached.error().text;
  ASSERT_TRUE(until([&] { return engine.count<event::Quiesced>() == static_cast<int>(attached->size()); }));
  EXPECT_EQ(usr1, 0);
  ASSERT_EQ(::kill(program.pid.value, SIGCONT), 0);
  for (TaskId task : *attached) resume(engine, task);
  ASSERT_TRUE(until([&] { return died(engine, attached->front()); }));
  EXPECT_EQ(usr1, 1);
  EXPECT_EQ(status_of(engine), (ExitStatus{true, SIGUSR1, false}));
}

// Its leader stops once more on its way out, and is in no job-control stop there.
TEST_F(PriorWork, AProcessThatIsKilledWhileJobControlStopsItIsGone) {
  auto program = start({"spin", "0", "wait"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  ASSERT_EQ(::kill(program.pid.value, SIGSTOP), 0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(program.pid.value), &info, WSTOPPED), 0);
  Diary engine;
  engine.behave([](TaskId, const Event& event) {
    return std::holds_alternative<event::Quiesced>(event) ? holding : Verdict{};
  });
  auto attached = core->attach(program.pid, engine, {everything, true, true});
  ASSERT_TRUE(attached) << attached.error().text;
  ASSERT_TRUE(until([&] { return engine.count<event::Quiesced>() == static_cast<int>(attached->size()); }));
  for (TaskId task : *attached) resume(engine, task);
  ASSERT_EQ(::kill(program.pid.value, SIGKILL), 0);
  ASSERT_TRUE(until([&] { return died(engine, attached->front()); }));
  EXPECT_EQ(status_of(engine), (ExitStatus{true, SIGKILL, false}));
}

TEST_F(PriorWork, EveryThreadOfAThousandIsAttachedWhileItCreatesAndEndsThreads) {
  auto program = start({"thread_storm", "1000", "4", "wait"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  Diary engine;
  engine.behave([&](TaskId, const Event& event) {
    const bool hold =
        std::holds_alternative<event::Quiesced>(event) || std::holds_alternative<event::Born>(event);
    return hold ? holding : Verdict{};
  });
  auto tasks = core->attach(program.pid, engine, {everything, true, true});
  ASSERT_TRUE(tasks) << tasks.error().text;
  EXPECT_GE(tasks->size(), 1000U);
  auto all_held = [&] {
    for (TaskId task : core->tasks_of(program.pid)) {
      if (!core->holds(task, engine) || core->info(task)->state != trace::TaskState::stopped) return false;
    }
    return true;
  };
  ASSERT_TRUE(until(all_held));
  drain();
  ASSERT_TRUE(all_held());
  // Nobody was missed: the kernel lists exactly those that we hold.
  auto listed = sys::threads_of(program.pid);
  ASSERT_TRUE(listed);
  for (Tid tid : *listed) {
    auto status = sys::task_status(tid);
    // A thread in the last moments of its death is listed still.
    if (!status || status->state == 'Z' || status->state == 'X') continue;
    EXPECT_TRUE(core->find(tid)) << "thread " << tid.value << " in state " << status->state << " traced by "
                                 << status->tracer.value;
  }
  engine.behave(nullptr);
  for (TaskId task : core->tasks_of(program.pid)) resume(engine, task);
  ASSERT_TRUE(core->detach(program.pid, engine));
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  program.go();
  EXPECT_EQ(program.rest(), "thread_storm standing=1000\n");
  EXPECT_EQ(wait_for(program), 0);
}

}  // namespace
}  // namespace cotrace::test
