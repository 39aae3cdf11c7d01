// What a new task is comes from its clone flags and from what it shares, not from the kind of the event.

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

struct CloneCase {
  const char* name;
  CloneKind kind;
};

class CloneKinds : public Tracing, public ::testing::WithParamInterface<CloneCase> {
 protected:
  static constexpr int rounds = 6;
  static std::string expected() {
    return "clone_kinds parent=" + std::to_string(rounds) + " child=" + std::to_string(rounds) + "\n";
  }
  void expect_kind(const event::Cloned& cloned) {
    EXPECT_EQ(cloned.kind, GetParam().kind);
    EXPECT_EQ(cloned.child_process.value, cloned.child.tid.value) << "a process of its own";
    EXPECT_EQ(core->process_of(cloned.child), cloned.child_process);
  }
};

TEST_P(CloneKinds, NobodyFollowsTheParentsHitsAreExactAndTheChildLives) {
  Diary engine;
  auto program = launch(engine, {"clone_kinds", GetParam().name, std::to_string(rounds)});
  ASSERT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "landmark")));
  engine.behave([&](TaskId, const Event& event) {
    if (const auto* cloned = std::get_if<event::Cloned>(&event)) expect_kind(*cloned);
    return Verdict{};
  });
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(program.rest(), expected());
  EXPECT_EQ(status_of(engine), (ExitStatus{false, 0, false}));
  EXPECT_EQ(engine.count<event::Cloned>(), rounds);
  EXPECT_EQ(engine.count<event::BreakpointHit>(), rounds);
  EXPECT_EQ(engine.count<event::Born>(), 0);
}

// The attachment of the parent is not passed on to a process, whatever event announced it.
TEST_P(CloneKinds, FollowedByOneOfTwoEnginesEachHearsItsOwn) {
  Diary follower, other;
  auto program = launch(follower, {"clone_kinds", GetParam().name, std::to_string(rounds)});
  ASSERT_TRUE(core->attach(program.task, other, {everything, false, true}));
  const Addr landmark = symbol(program.task, "landmark");
  ASSERT_TRUE(core->add_breakpoint(program.task, follower, landmark));
  ASSERT_TRUE(core->add_breakpoint(program.task, other, landmark));
  std::vector<TaskId> children;
  follower.behave([&](TaskId, const Event& event) {
    if (const auto* cloned = std::get_if<event::Cloned>(&event)) {
      expect_kind(*cloned);
      children.push_back(cloned->child);
      EXPECT_TRUE(core->attach(cloned->child, follower, {everything, false, true}));
    }
    if (const auto* born = std::get_if<event::Born>(&event)) {
      EXPECT_EQ(born->kind, GetParam().kind);
      EXPECT_EQ(born->creator, program.task);
    }
    return Verdict{};
  });
  resume(follower, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(program.rest(), expected());
  EXPECT_EQ(follower.count<event::Born>(), rounds);
  EXPECT_EQ(follower.count<event::BreakpointHit>(), 2 * rounds);
  EXPECT_EQ(other.count<event::BreakpointHit>(), rounds);
  ASSERT_EQ(children.size(), static_cast<std::size_t>(rounds));
  for (TaskId child : children) EXPECT_TRUE(died(follower, child));
  for (const auto& entry : other.entries) EXPECT_EQ(entry.task, program.task);
}

INSTANTIATE_TEST_SUITE_P(All, CloneKinds,
                         ::testing::Values(CloneCase{"vm", CloneKind::shared_memory},
                                           CloneCase{"vm_silent", CloneKind::shared_memory},
                                           CloneCase{"silent", CloneKind::fork},
                                           CloneCase{"vfork", CloneKind::vfork},
                                           CloneCase{"vfork_copy", CloneKind::fork}),
                         [](const auto& test) { return std::string(test.param.name); });

class Threads : public Tracing {};

TEST_F(Threads, BelongToTheProcessAndGetTheAttachmentsOfTheirCreator) {
  Diary engine, of_leader_only;
  auto program = launch(engine, {"counter_threads", "3", "5"});
  ASSERT_TRUE(core->attach(program.task, of_leader_only, {everything, false, false}));
  engine.behave([&](TaskId task, const Event& event) {
    if (const auto* cloned = std::get_if<event::Cloned>(&event)) {
      EXPECT_EQ(cloned->kind, CloneKind::thread);
      EXPECT_EQ(cloned->child_process, program.pid);
      EXPECT_TRUE(core->attached(cloned->child, engine));
      EXPECT_FALSE(core->attached(cloned->child, of_leader_only));
    }
    if (const auto* born = std::get_if<event::Born>(&event)) {
      EXPECT_EQ(born->creator, program.task);
      EXPECT_EQ(core->process_of(task), program.pid);
    }
    return Verdict{};
  });
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(engine.count<event::Cloned>(), 3);
  EXPECT_EQ(engine.count<event::Born>(), 3);
  EXPECT_EQ(of_leader_only.count<event::Born>(), 0);
  for (const auto& entry : of_leader_only.entries) EXPECT_EQ(entry.task, program.task);
}

}  // namespace
}  // namespace cotrace::test
