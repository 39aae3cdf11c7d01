// New tasks: what they are, who follows them, and what becomes of the sites in their memory.

#include <csignal>
#include <fstream>
#include <sched.h>
#include <string>
#include <sys/wait.h>

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

struct ForkCase {
  const char* kind;
  CloneKind first;  // the kind of the first process that is made
  friend std::ostream& operator<<(std::ostream& out, const ForkCase& tested) { return out << tested.kind; }
};

class Forks : public Tracing, public ::testing::WithParamInterface<ForkCase> {
 protected:
  // "forks kind=K parent=P child=C"
  static std::pair<int, int> counts(const std::string& line) {
    int parent = -1, child = -1;
    std::sscanf(line.c_str(), "forks kind=%*s parent=%d child=%d", &parent, &child);
    return {parent, child};
  }
};

TEST_P(Forks, NobodyFollowsAndTheParentsHitsAreExact) {
  Diary engine;
  auto program = launch(engine, {"forks", GetParam().kind, "5"});
  ASSERT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "landmark")));
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(status_of(engine), (ExitStatus{false, 0, false}));
  const auto [parent, child] = counts(program.rest());
  EXPECT_EQ(engine.count<event::BreakpointHit>(), parent);
  // The shell that system() starts calls nothing of ours.
  EXPECT_EQ(child > 0, std::string(GetParam().kind) != "system");
  ASSERT_GT(engine.count<event::Cloned>(), 0);
}

TEST_P(Forks, AllAreFollowedAndEveryHitIsExact) {
  Diary engine;
  auto program = launch(engine, {"forks", GetParam().kind, "5"});
  std::vector<CloneKind> kinds;
  engine.behave([&](TaskId task, const Event& event) {
    if (const auto* cloned = std::get_if<event::Cloned>(&event)) {
      if (cloned->kind == CloneKind::thread) return Verdict{};
      kinds.push_back(cloned->kind);
      auto attached = core->attach(cloned->child, engine, {everything, false, true});
      EXPECT_TRUE(attached || attached.error().code == Errc::gone);
    }
    if (std::holds_alternative<event::Execed>(event)) {
      // The leaf is the same program again; a shell is not.
      auto path = sys::executable_of(task.tid);
      if (path && *path == program_path("forks")) {
        EXPECT_TRUE(core->add_breakpoint(task, engine, symbol(task, "landmark")));
      }
    }
    return Verdict{};
  });
  ASSERT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "landmark")));
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(status_of(engine), (ExitStatus{false, 0, false}));
  const auto [parent, child] = counts(program.rest());
  const bool shell = std::string(GetParam().kind) == "system";
  EXPECT_EQ(engine.count<event::BreakpointHit>(), shell ? parent : parent + child);
  ASSERT_FALSE(kinds.empty());
  EXPECT_EQ(kinds.front(), GetParam().first);
  EXPECT_EQ(engine.count<event::Signal>() > 0, true) << "SIGCHLD at least";
}

INSTANTIATE_TEST_SUITE_P(
    All, Forks,
    ::testing::Values(ForkCase{"fork", CloneKind::fork}, ForkCase{"fork_exec", CloneKind::fork},
                      ForkCase{"vfork_exit", CloneKind::vfork}, ForkCase{"vfork_exec", CloneKind::vfork},
                      ForkCase{"spawn", CloneKind::vfork}, ForkCase{"system", CloneKind::vfork},
                      ForkCase{"clone_vm", CloneKind::shared_memory}, ForkCase{"grandchild", CloneKind::fork},
                      ForkCase{"fork_mt", CloneKind::fork}, ForkCase{"vfork_mt", CloneKind::vfork},
                      ForkCase{"fork_thread", CloneKind::fork}),
    [](const auto& test) { return std::string(test.param.kind); });

class Births : public Tracing {};

TEST_F(Births, AForkStormLetGoLeavesNothingTraced) {
  Diary engine;
  auto program = launch(engine, {"fork_storm", "300", "8"});
  ASSERT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "child_work")));
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(program.rest(), "fork_storm children=300\n");
  EXPECT_EQ(engine.count<event::Cloned>(), 300);
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 0) << "only children call it, and nobody follows them";
  EXPECT_EQ(status_of(engine).code, 0);
}

// Its end is taken before its creator's event, and it stays behind as the creator's zombie.
TEST_F(Births, AChildKilledBeforeItsCreatorsEventIsSeenHoldsNobodyUp) {
  Diary engine;
  auto program = launch(engine, {"fork_storm", "1", "1", "wait"});
  resume(engine, program.task);
  drain();
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  program.go();
  // The reactor does not run: nothing is handled until the child is dead.
  const auto pid = std::to_string(program.pid.value);
  pid_t child = 0;
  while (child == 0) {
    std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
    children >> child;
  }
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  for (std::string state; state != "Z";) {
    std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
    std::string number, name;
    stat >> number >> name >> state;
  }
  EXPECT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(engine.count<event::Cloned>(), 1);
}

TEST_F(Births, AdoptedBreakpointsCanBeRemovedInTheChildAlone) {
  Diary engine;
  auto program = launch(engine, {"forks", "fork", "4"});
  ASSERT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "landmark")));
  engine.behave([&](TaskId, const Event& event) {
    if (const auto* cloned = std::get_if<event::Cloned>(&event)) {
      EXPECT_TRUE(core->attach(cloned->child, engine, {everything, false, true}));
      const auto adopted = core->adopted_points(cloned->child, engine);
      EXPECT_EQ(adopted.size(), 1U);
      for (const auto& [parents, childs] : adopted) EXPECT_TRUE(core->remove_point(engine, childs));
    }
    return Verdict{};
  });
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  for (const auto& entry : engine.entries) {
    if (std::holds_alternative<event::BreakpointHit>(entry.event)) {
      EXPECT_EQ(entry.task.tid, program.task.tid);
    }
  }
  EXPECT_GT(engine.count<event::BreakpointHit>(), 0);
  EXPECT_EQ(status_of(engine).code, 0);
}

TEST_F(Births, AParentInsideVforkStandsAndItsRegistersCanBeHad) {
  Diary engine;
  auto program = launch(engine, {"forks", "vfork_exec", "1"});
  TaskId child{};
  engine.behave([&](TaskId, const Event& event) {
    if (const auto* cloned = std::get_if<event::Cloned>(&event);
        cloned != nullptr && cloned->kind == CloneKind::vfork) {
      child = cloned->child;
      EXPECT_TRUE(core->attach(child, engine, {everything, true, true}));
    }
    if (std::holds_alternative<event::Quiesced>(event)) return Verdict{ResumeAction::stop, {}, {}, {}};
    return Verdict{};
  });
  resume(engine, program.task);
  ASSERT_TRUE(until([&] {
    auto info = core->info(program.task);
    return info && info->state == trace::TaskState::in_vfork;
  }));
  const auto quiet = engine.count<event::Quiesced>();
  control(engine, program.task, ResumeAction::stop);
  ASSERT_TRUE(until([&] { return engine.count<event::Quiesced>() > quiet; })) << "nobody may wait for it";
  EXPECT_NE(pc(program.task), 0U);
  std::array<std::byte, 4> code{};
  EXPECT_TRUE(core->read_memory(program.task, Addr{pc(program.task)}, code));
  engine.behave(nullptr);
  resume(engine, program.task);
  resume(engine, child);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(engine.count<event::VforkDone>(), 1);
  EXPECT_EQ(status_of(engine).code, 0);
}

}  // namespace
}  // namespace cotrace::test
