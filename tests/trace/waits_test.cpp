// Waits are drained fairly, and only for tasks that the core owns.

#include <signal.h>
#include <sys/wait.h>

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

class Waits : public Tracing {};

// The kernel hands out the newest task first: one that stops again at once would be the only one ever seen.
TEST_F(Waits, ThreadsThatStopAllTheTimeDoNotStarveAnOlderOne) {
  auto program = start({"spin", "4", "wait"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  Diary stepper, of_main;
  const auto tasks = attach_holding(stepper, program);
  TaskId main = tasks.front();
  for (TaskId task : tasks) main = task.tid.value < main.tid.value ? task : main;
  ASSERT_EQ(main.tid, leader_of(program.pid));
  ASSERT_TRUE(core->attach(main, of_main, {everything, false, false}));
  ASSERT_TRUE(core->add_breakpoint(main, of_main, symbol(main, "turn_once")));
  stepper.behave([&](TaskId task, const Event&) {
    return task == main ? Verdict{} : Verdict{ResumeAction::single_step, {}, {}, {}};
  });
  for (TaskId task : tasks)
    control(stepper, task, task == main ? ResumeAction::resume : ResumeAction::single_step);
  ASSERT_TRUE(until([&] { return of_main.count<event::BreakpointHit>() >= 100; }));
  const int steps = stepper.count<event::StepDone>();
  // A stop that is asked for comes, too.
  control(of_main, main, ResumeAction::stop);
  ASSERT_TRUE(until([&] { return of_main.count<event::Quiesced>() == 1; }));
  ASSERT_TRUE(until([&] { return stepper.count<event::StepDone>() > steps; }));
  core->detach_everything(stepper);
  core->detach_everything(of_main);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  program.go();
  EXPECT_EQ(program.rest(), "spin threads=4\n");
  EXPECT_EQ(wait_for(program), 0);
}

// Forked from the very thread that waits for tracees: the kernel names them in the same breath.
TEST_F(Waits, ChildrenThatThisProcessHasForItselfAreLeftForIt) {
  Diary engine;
  const auto calls = everything | EventMask{EventKind::syscall_entry, EventKind::syscall_exit};
  auto program = launch(engine, {"syscalls", "400", "2"}, calls);
  std::vector<Program> ends, dies;
  for (int i = 0; i < 8; ++i) {
    ends.push_back(start({"exits", "code", "7"}));
    dies.push_back(start({"exits", "signal", "9"}));
  }
  auto stopped = start({"job_control", "self"});
  ASSERT_EQ(stopped.line().rfind("ready", 0), 0U);
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(program.rest(), "syscalls rounds=1200\n");
  for (const auto& child : ends) EXPECT_EQ(WEXITSTATUS(wait_for(child)), 7);
  for (const auto& child : dies) EXPECT_EQ(WTERMSIG(wait_for(child)), SIGKILL);
  // A stop of an own child's is told by the same system call.
  int status = 0;
  ASSERT_EQ(::waitpid(stopped.pid.value, &status, WUNTRACED), stopped.pid.value);
  EXPECT_TRUE(WIFSTOPPED(status));
  drain();
  ASSERT_EQ(::kill(stopped.pid.value, SIGCONT), 0);
  EXPECT_EQ(wait_for(stopped), 0);
}

// An own child that has ended is named first, again and again, until its parent takes it; what is traced must
// be seen all the same, the death of a stopped task included.
TEST_F(Waits, AnOwnChildThatNobodyTakesHidesNoTracee) {
  auto older = start({"exits", "code", "7"});
  Diary engine, held;
  auto program = launch(engine, {"counter_threads", "3", "40"});
  auto victim = launch(held, {"counter_threads", "1", "1"});
  auto younger = start({"exits", "code", "8"});
  for (const auto* child : {&older, &younger}) {
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child->pid.value), &info, WEXITED | WNOWAIT), 0);
  }
  ASSERT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "tick")));
  resume(engine, program.task);
  ASSERT_EQ(::kill(victim.pid.value, SIGKILL), 0);
  ASSERT_TRUE(until([&] { return core->released(program.pid) && core->released(victim.pid); }));
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 120);
  EXPECT_EQ(status_of(held), (ExitStatus{true, SIGKILL, false}));
  EXPECT_EQ(WEXITSTATUS(wait_for(older)), 7);
  EXPECT_EQ(WEXITSTATUS(wait_for(younger)), 8);
}

}  // namespace
}  // namespace cotrace::test
