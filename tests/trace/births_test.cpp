// Births in a crowd: several at once, beside threads that run, step, hit breakpoints and stand in job
// control; births that fail; children that are killed at once, and children that outlive their parent.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <map>
#include <sys/wait.h>
#include <unistd.h>

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

bool is_process(const event::Cloned& cloned) {
  return cloned.kind != CloneKind::thread;
}

int traps_in(const Diary& engine) {
  return static_cast<int>(std::ranges::count_if(engine.entries, [](const auto& entry) {
    const auto* signal = std::get_if<event::Signal>(&entry.event);
    return signal != nullptr && signal->info.si_signo == SIGTRAP;
  }));
}

class BirthStorm : public Tracing {
 protected:
  struct Calls {
    int parent{-1};
    int child{-1};
  };
  static Calls calls_of(Program& program) {
    Calls calls;
    const auto text = program.rest();
    EXPECT_EQ(std::sscanf(text.c_str(), "birth_storm parent=%d child=%d", &calls.parent, &calls.child), 2)
        << text;
    return calls;
  }
  Program launch_storm(Diary& engine) {
    auto program = launch(engine, {"birth_storm", "3", "16"});
    EXPECT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "landmark")));
    return program;
  }
  // Follows every process that is made.
  Verdict follow(Diary& engine, const Event& event) {
    if (const auto* cloned = std::get_if<event::Cloned>(&event); cloned != nullptr && is_process(*cloned)) {
      const auto attached = core->attach(cloned->child, engine, {everything, false, true});
      EXPECT_TRUE(attached || attached.error().code == Errc::gone);
    }
    return {};
  }
  [[nodiscard]] bool ends(const Program& program) {
    return until([&] { return core->released(program.pid) && traced_processes().empty(); });
  }
};

TEST_F(BirthStorm, NobodyFollowsAndTheThreadsHitsAreExact) {
  Diary engine;
  auto program = launch_storm(engine);
  resume(engine, program.task);
  ASSERT_TRUE(ends(program));
  const auto calls = calls_of(program);
  EXPECT_EQ(engine.count<event::BreakpointHit>(), calls.parent);
  EXPECT_EQ(calls.child, 3 * 12);
  EXPECT_EQ(traps_in(engine), 0);
  EXPECT_EQ(status_of(engine, program.task), (ExitStatus{false, 0, false}));
}

TEST_F(BirthStorm, AllAreFollowedAndEveryHitIsExact) {
  Diary engine;
  auto program = launch_storm(engine);
  engine.behave([&](TaskId, const Event& event) { return follow(engine, event); });
  resume(engine, program.task);
  ASSERT_TRUE(ends(program));
  const auto calls = calls_of(program);
  EXPECT_EQ(engine.count<event::BreakpointHit>(), calls.parent + calls.child);
  EXPECT_EQ(traps_in(engine), 0);
  EXPECT_EQ(status_of(engine, program.task), (ExitStatus{false, 0, false}));
}

// The one follows, the other does not; and every thread is stepped for a third.
TEST_F(BirthStorm, BesideThreadsThatAreStepped) {
  Diary follower, other, stepper;
  auto program = launch_storm(follower);
  ASSERT_TRUE(core->attach(program.task, other, {everything, false, true}));
  ASSERT_TRUE(core->add_breakpoint(program.task, other, symbol(program.task, "landmark")));
  ASSERT_TRUE(core->attach(program.task, stepper, {EventMask{}, false, true}));
  follower.behave([&](TaskId, const Event& event) { return follow(follower, event); });
  // Some instructions of each new thread.
  std::map<std::uint64_t, int> steps;
  stepper.behave([&](TaskId task, const Event&) {
    return ++steps[task.serial] < 400 ? Verdict{ResumeAction::single_step, {}, {}, {}} : Verdict{};
  });
  control(stepper, program.task, ResumeAction::single_step);
  resume(follower, program.task);
  ASSERT_TRUE(ends(program));
  const auto calls = calls_of(program);
  EXPECT_EQ(follower.count<event::BreakpointHit>(), calls.parent + calls.child);
  EXPECT_EQ(other.count<event::BreakpointHit>(), calls.parent);
  EXPECT_GT(stepper.count<event::StepDone>(), 400);
  EXPECT_EQ(traps_in(follower) + traps_in(other), 0);
  EXPECT_EQ(status_of(follower, program.task), (ExitStatus{false, 0, false}));
}

TEST_F(BirthStorm, WhileTheJobIsStoppedAndContinued) {
  for (const bool all : {false, true}) {
    Diary engine;
    auto program = launch_storm(engine);
    int births = 0;
    bool stopped = false;
    engine.behave([&](TaskId task, const Event& event) {
      if (const auto* job = std::get_if<event::JobControl>(&event); job != nullptr && task == program.task) {
        if (job->stopped) {
          EXPECT_EQ(::kill(program.pid.value, SIGCONT), 0);
        }
        stopped = job->stopped;
      }
      if (std::holds_alternative<event::Cloned>(event) && ++births % 6 == 0 &&
          !std::exchange(stopped, true)) {
        EXPECT_EQ(::kill(program.pid.value, SIGSTOP), 0);
      }
      return all ? follow(engine, event) : Verdict{};
    });
    resume(engine, program.task);
    ASSERT_TRUE(ends(program));
    const auto calls = calls_of(program);
    EXPECT_EQ(engine.count<event::BreakpointHit>(), all ? calls.parent + calls.child : calls.parent);
    EXPECT_GT(engine.count<event::JobControl>(), 0);
    EXPECT_EQ(status_of(engine, program.task), (ExitStatus{false, 0, false}));
  }
}

// In the middle of everything. What was on its way into the world is nobody's then.
TEST_F(BirthStorm, AProcessThatIsKilledLeavesNoChildTracedOrStopped) {
  for (int round = 0; round < 16; ++round) {
    Diary engine;
    auto program = launch(engine, {"birth_storm", "4", "1000"});
    ASSERT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "landmark")));
    const bool all = round % 2 != 0;
    engine.behave([&](TaskId, const Event& event) { return all ? follow(engine, event) : Verdict{}; });
    resume(engine, program.task);
    ASSERT_TRUE(until([&] { return engine.count<event::Cloned>() > 10 + 3 * round; }));
    ASSERT_EQ(::kill(program.pid.value, SIGKILL), 0);
    ASSERT_TRUE(ends(program));
    // Its end of the pipe is closed by the last process that had it: none stands.
    EXPECT_EQ(program.rest(), "");
  }
}

class BirthsThatFail : public Tracing {};

TEST_F(BirthsThatFail, AreToldToNobody) {
  Diary engine;
  auto program = launch(engine, {"failing_forks", "limit", "20"});
  ASSERT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "landmark")));
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(program.rest(), "failing_forks calls=80\n");
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 80);
  EXPECT_EQ(engine.count<event::Cloned>() + engine.count<event::Born>() + engine.count<event::VforkDone>(),
            0);
  EXPECT_EQ(traps_in(engine), 0);
  EXPECT_EQ(status_of(engine), (ExitStatus{false, 0, false}));
}

TEST_F(BirthsThatFail, ChildrenThatAreKilledAtOnceAreToldAndEnd) {
  for (const bool all : {false, true}) {
    Diary engine;
    auto program = launch(engine, {"failing_forks", "kill", "60"});
    ASSERT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "landmark")));
    std::vector<TaskId> children;
    engine.behave([&](TaskId, const Event& event) {
      const auto* cloned = std::get_if<event::Cloned>(&event);
      if (cloned == nullptr || !all) return Verdict{};
      if (core->attach(cloned->child, engine, {everything, false, true})) children.push_back(cloned->child);
      return Verdict{};
    });
    resume(engine, program.task);
    ASSERT_TRUE(until([&] { return core->released(program.pid) && traced_processes().empty(); }));
    EXPECT_EQ(program.rest(), "failing_forks calls=60\n");
    EXPECT_EQ(engine.count<event::BreakpointHit>(), 60);
    EXPECT_EQ(engine.count<event::Cloned>(), 60);
    for (TaskId child : children) EXPECT_EQ(status_of(engine, child), (ExitStatus{true, SIGKILL, false}));
    EXPECT_EQ(status_of(engine, program.task), (ExitStatus{false, 0, false}));
  }
}

struct OrphanCase {
  const char* kind;
  bool followed;
  bool subreaper;
};

class Orphans : public Tracing, public ::testing::WithParamInterface<OrphanCase> {
 protected:
  static constexpr int calls = 20;

  static Pid pid_in(const std::string& line, const std::string& who) {
    EXPECT_EQ(line.rfind(who + " ", 0), 0U) << line;
    return Pid{std::atoi(line.c_str() + who.size())};
  }
};

TEST_P(Orphans, AreWhatTheyWereAndTheBreakpointsOfTheDeadAreGone) {
  const auto& tested = GetParam();
  std::vector<std::string> command{"orphans", tested.kind, std::to_string(calls)};
  if (tested.subreaper) command.emplace_back("subreaper");
  auto program = start(command);
  const Pid parent = pid_in(program.line(), "parent");
  Diary engine;
  const auto tasks = core->attach(parent, engine, {everything, false, true});
  ASSERT_TRUE(tasks);
  const Addr landmark = symbol(tasks->front(), "landmark");
  const auto original = raw_memory(parent, landmark, 1);
  ASSERT_TRUE(core->add_breakpoint(tasks->front(), engine, landmark));
  std::optional<TaskId> child;
  engine.behave([&](TaskId, const Event& event) {
    if (const auto* cloned = std::get_if<event::Cloned>(&event)) {
      child = cloned->child;
      if (tested.followed) {
        EXPECT_TRUE(core->attach(cloned->child, engine, {everything, false, true}));
      }
    }
    return Verdict{};
  });
  ASSERT_EQ(::write(program.input.get(), "x", 1), 1);
  ASSERT_TRUE(until([&] { return core->released(parent); }));
  EXPECT_EQ(status_of(engine, tasks->front()), (ExitStatus{false, 5, false}));
  EXPECT_EQ(engine.count<event::BreakpointHit>(), calls);
  ASSERT_TRUE(child);
  const Pid orphan{child->tid.value};
  ASSERT_TRUE(tested.followed || until([&] { return core->released(orphan); }));
  drain();
  EXPECT_EQ(pid_in(program.line(), "orphan"), orphan);
  if (!tested.followed) {
    EXPECT_EQ(tracer_of(orphan), 0);
    EXPECT_EQ(raw_memory(orphan, landmark, 1), original);
  }
  program.go();
  if (tested.followed) {
    ASSERT_TRUE(until([&] { return core->released(orphan); }));
    EXPECT_EQ(status_of(engine, *child), (ExitStatus{false, 6, false}));
  }
  EXPECT_EQ(program.rest(), "");
  EXPECT_EQ(engine.count<event::BreakpointHit>(), tested.followed ? 2 * calls : calls);
  if (tested.subreaper) {
    EXPECT_EQ(wait_for(program), 0) << "which has reaped both";
  }
}

INSTANTIATE_TEST_SUITE_P(All, Orphans,
                         ::testing::Values(OrphanCase{"fork", false, false}, OrphanCase{"fork", true, false},
                                           OrphanCase{"fork", false, true}, OrphanCase{"fork", true, true},
                                           OrphanCase{"clone_vm", false, false},
                                           OrphanCase{"clone_vm", true, false},
                                           OrphanCase{"clone_vm", false, true},
                                           OrphanCase{"clone_vm", true, true}),
                         [](const auto& test) {
                           return std::string(test.param.kind) +
                                  (test.param.followed ? "_followed" : "_unfollowed") +
                                  (test.param.subreaper ? "_subreaper" : "_init");
                         });

// The rule for tasks that nobody follows, on the program that everybody has: one thread calls system(), the
// other one is at work.
class Shadows : public Tracing {};

TEST_F(Shadows, VforksOfOneThreadLoseNoHitOfAnotherAndDoNotHoldItUp) {
  struct Gap {
    long ticks{-1};
    long longest{-1};
  };
  const std::vector<std::string> command{"vfork_gap", "200"};
  auto gap_of = [](Program& program) {
    Gap gap;
    const auto text = program.rest();
    EXPECT_EQ(std::sscanf(text.c_str(), "vfork_gap ticks=%ld longest=%ld", &gap.ticks, &gap.longest), 2);
    return gap;
  };
  auto alone = start(command);
  const auto untraced = gap_of(alone);
  EXPECT_EQ(wait_for(alone), 0);
  Diary engine;
  auto program = launch(engine, command, {EventKind::exec, EventKind::death});
  ASSERT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "tick")));
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid) && traced_processes().empty(); }));
  const auto traced = gap_of(program);
  const long hits = engine.count<event::BreakpointHit>();
  EXPECT_EQ(hits, traced.ticks);
  EXPECT_EQ(status_of(engine, program.task), (ExitStatus{false, 0, false}));
  RecordProperty("ticks", std::to_string(traced.ticks));
  RecordProperty("longest_gap_us", std::to_string(traced.longest));
  RecordProperty("longest_gap_untraced_us", std::to_string(untraced.longest));
  std::printf(
      "200 calls of system(): %ld hits of %ld; the longest time from one call to the next: %ld us, "
      "untraced %ld us\n",
      hits, traced.ticks, traced.longest, untraced.longest);
}

}  // namespace
}  // namespace cotrace::test
