// Exiting: told of every task whose engine asks for it, while registers and memory are still there.

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/proc.h"
#include "trace/tracing.h"

namespace cotrace::test {
namespace {

const EventMask with_exits = everything.with(EventKind::exiting);

class Exits : public Tracing {
 protected:
  // Each task's Exiting came once and before its Died, and its memory could be read.
  void expect_told(const Diary& engine) {
    std::map<std::uint64_t, std::string> lives;
    for (const auto& entry : engine.entries) {
      if (std::holds_alternative<event::Exiting>(entry.event)) lives[entry.task.serial] += 'e';
      if (std::holds_alternative<event::Died>(entry.event)) lives[entry.task.serial] += 'd';
    }
    EXPECT_FALSE(lives.empty());
    for (const auto& [serial, life] : lives) EXPECT_EQ(life, "ed") << "task number " << serial;
    EXPECT_TRUE(memory_there_);
  }
  Verdict look(TaskId task, const Event& event) {
    if (std::holds_alternative<event::Exiting>(event)) {
      const auto maps = sys::maps_of(task.tid);
      memory_there_ = memory_there_ && maps && !maps->empty() && core->general_regs(task).has_value();
    }
    return {};
  }
  void watch(Diary& engine) {
    engine.behave([this](TaskId task, const Event& event) { return look(task, event); });
  }

 private:
  bool memory_there_{true};
};

TEST_F(Exits, AreToldOfEveryThreadOfALaunchedProgram) {
  Diary engine, other;
  auto program = launch(engine, {"thread_storm", "20", "3"}, with_exits);
  ASSERT_TRUE(core->attach(program.task, other, {everything, false, true}));
  watch(engine);
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_GT(engine.count<event::Exiting>(), 1000);
  expect_told(engine);
  EXPECT_EQ(other.count<event::Exiting>(), 0);
  EXPECT_EQ(status_of(other).code, 0);
}

TEST_F(Exits, AreToldOfAProcessThatIsJoinedWhileItRuns) {
  auto program = start({"exits", "thread", "3"});
  Diary engine;
  watch(engine);
  ASSERT_TRUE(core->attach(program.pid, engine, {with_exits, false, true}));
  program.go();
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  expect_told(engine);
  EXPECT_EQ(engine.count<event::Quiesced>(), 0);
}

TEST_F(Exits, CanBeAskedForLaterAndNotAnyMore) {
  for (const bool asked : {true, false}) {
    auto program = start({"exits", "thread", "3"});
    Diary engine;
    watch(engine);
    ASSERT_TRUE(core->attach(program.pid, engine, {asked ? everything : with_exits, false, true}));
    for (const TaskId task : core->tasks_of(program.pid))
      ASSERT_TRUE(core->set_events(task, engine, asked ? with_exits : everything));
    program.go();
    ASSERT_TRUE(until([&] { return core->released(program.pid); }));
    EXPECT_EQ(engine.count<event::Exiting>() > 0, asked);
  }
}

TEST_F(Exits, AreToldOfAChildThatTheEngineFollows) {
  Diary engine;
  auto program = launch(engine, {"forks", "fork", "1"}, with_exits);
  engine.behave([&](TaskId task, const Event& event) {
    if (const auto* birth = std::get_if<event::Cloned>(&event); birth != nullptr) {
      EXPECT_TRUE(core->attach(birth->child, engine, {with_exits, false, true}));
    }
    return look(task, event);
  });
  resume(engine, program.task);
  program.go();
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_GE(engine.count<event::Exiting>(), 2);
  expect_told(engine);
}

TEST_F(Exits, DoNotStandInTheWayOfAnExecByAnotherThread) {
  Diary engine;
  auto program = launch(engine, {"exec_thread", "5"}, with_exits);
  watch(engine);
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(engine.count<event::Execed>(), 6);
  EXPECT_EQ(status_of(engine).code, 42);
}

// What is launched dies with this process when the core was made so, and goes on doing so when it has
// threads, for which the leader's options are changed.
TEST_F(Exits, AThreadedProgramStillDiesWithItsTracer) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const pid_t tracer = ::fork();
  ASSERT_GE(tracer, 0);
  if (tracer == 0) {
    (void)core.release();
    (void)reactor.release();
    reactor = std::move(*base::Reactor::create());
    core = std::move(*trace::Core::create(*reactor, {.kill_on_exit = true}));
    Diary engine;
    auto program = launch(engine, {"idle_threads", "4"});
    resume(engine, program.task);
    const bool threaded = until([&] { return engine.count<event::Born>() >= 4; });
    drain();
    const std::int32_t pid = threaded ? program.pid.value : 0;
    if (::write(ends[1], &pid, sizeof pid) != sizeof pid) ::_exit(2);
    ::_exit(0);
  }
  std::int32_t pid = 0;
  ASSERT_EQ(::read(ends[0], &pid, sizeof pid), ssize_t{sizeof pid});
  ASSERT_GT(pid, 0);
  int status = 0;
  ASSERT_EQ(::waitpid(tracer, &status, 0), tracer);
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  ::close(ends[0]);
  ::close(ends[1]);
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

}  // namespace
}  // namespace cotrace::test
