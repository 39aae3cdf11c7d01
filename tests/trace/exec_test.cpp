// exec: a new address space, one thread left, known by the group's id.

#include <algorithm>

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

class Exec : public Tracing {};

// Both images of the program have their code and data at the same addresses: what an engine had in the first
// one would be met in the second, if it were still there.
TEST_F(Exec, SitesAndWatchpointsAreGoneWithTheOldMemory) {
  Diary owner, other;
  auto program = launch(owner, {"exec_thread_no_pie", "2"});
  ASSERT_TRUE(core->attach(program.task, other, {everything, false, true}));
  const Addr code = symbol(program.task, "before_exec");
  const auto original = raw_memory(program.pid, code, 1);
  const auto point = core->add_breakpoint(program.task, owner, code);
  const auto watch = core->add_watchpoint(program.task, owner, symbol(program.task, "times_left"), 8,
                                          arch::native::WatchKind::write);
  ASSERT_TRUE(point && watch);
  EXPECT_NE(raw_memory(program.pid, code, 1), original);
  owner.behave([&](TaskId, const Event& event) {
    if (!std::holds_alternative<event::Execed>(event)) return Verdict{};
    EXPECT_EQ(raw_memory(program.pid, code, 1), original);
    EXPECT_FALSE(core->remove_point(owner, *point));
    EXPECT_FALSE(core->remove_point(owner, *watch));
    return Verdict{};
  });
  resume(owner, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(owner.count<event::Execed>(), 1 + 2);
  EXPECT_EQ(owner.count<event::BreakpointHit>(), 1) << "of two calls, one in each image";
  EXPECT_EQ(owner.count<event::WatchpointHit>(), 1) << "of three writes, one in each image";
  EXPECT_EQ(other.count<event::Execed>(), 2) << "both engines hear of each exec, once";
  EXPECT_EQ(status_of(owner), (ExitStatus{false, 42, false}));
}

TEST_F(Exec, ASiteInTheNewMemoryAtTheOldAddressIsANewOne) {
  Diary engine;
  auto program = launch(engine, {"exec_thread_no_pie", "3"});
  engine.behave([&](TaskId task, const Event& event) {
    if (std::holds_alternative<event::Execed>(event)) {
      EXPECT_TRUE(core->add_breakpoint(task, engine, symbol(task, "before_exec")));
    }
    return Verdict{};
  });
  ASSERT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "before_exec")));
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 3);
  EXPECT_EQ(status_of(engine), (ExitStatus{false, 42, false}));
}

TEST_F(Exec, TheThreadThatCalledItTakesTheGroupsIdAndTheOthersAreGone) {
  Diary everywhere, on_leader;
  auto program = launch(everywhere, {"exec_thread", "1"});
  ASSERT_TRUE(core->attach(program.task, on_leader, {everything, false, false}));
  std::vector<TaskId> born;
  std::optional<TaskId> survivor;
  everywhere.behave([&](TaskId task, const Event& event) {
    if (std::holds_alternative<event::Born>(event)) born.push_back(task);
    if (const auto* exec = std::get_if<event::Execed>(&event)) {
      survivor = task;
      EXPECT_EQ(task.tid, leader_of(program.pid));
      const auto caller = std::ranges::find_if(born, [&](TaskId thread) { return thread == task; });
      EXPECT_NE(caller, born.end()) << "the task is the thread, not the former leader";
      if (caller != born.end()) {
        EXPECT_EQ(caller->tid, exec->former);
      }
      return holding;
    }
    return Verdict{};
  });
  resume(everywhere, program.task);
  ASSERT_TRUE(until([&] { return survivor.has_value(); }));
  drain();
  EXPECT_EQ(born.size(), 3U);
  EXPECT_EQ(core->tasks_of(program.pid), std::vector<TaskId>{*survivor});
  const auto entries = everywhere.entries.size();
  for (TaskId other : born) {
    if (other == *survivor) continue;
    EXPECT_FALSE(core->info(other));
    EXPECT_EQ(core->control(other, everywhere, {}).error().code, Errc::gone);
  }
  // The former leader, its engines and their holds.
  EXPECT_EQ(core->control(program.task, everywhere, {}).error().code, Errc::gone);
  EXPECT_EQ(core->general_regs(program.task).error().code, Errc::gone);
  EXPECT_FALSE(core->attached(program.task, on_leader));
  EXPECT_FALSE(core->attached(*survivor, on_leader)) << "it was attached to the leader alone";
  EXPECT_EQ(on_leader.count<event::Execed>(), 0);
  const auto of_leader = on_leader.entries.size();
  resume(everywhere, *survivor);
  ASSERT_TRUE(until([&] { return died(everywhere, *survivor); }));
  EXPECT_EQ(status_of(everywhere), (ExitStatus{false, 42, false}));
  EXPECT_EQ(on_leader.entries.size(), of_leader);
  for (std::size_t i = entries; i < everywhere.entries.size(); ++i)
    EXPECT_EQ(everywhere.entries[i].task, *survivor);
}

// What a vfork child lays down by its exec is its parent's memory, and the parent's sites stay.
TEST_F(Exec, OfAVforkChildTakesNothingFromTheParent) {
  Diary engine;
  auto program = launch(engine, {"forks", "vfork_exec", "4"});
  const Addr landmark = symbol(program.task, "landmark");
  ASSERT_TRUE(core->add_breakpoint(program.task, engine, landmark));
  engine.behave([&](TaskId, const Event& event) {
    if (const auto* cloned = std::get_if<event::Cloned>(&event)) {
      EXPECT_TRUE(core->attach(cloned->child, engine, {everything, false, true}));
    }
    if (std::holds_alternative<event::VforkDone>(event)) {
      EXPECT_EQ(raw_memory(program.pid, landmark, 1).front(), std::byte{0xcc});
    }
    return Verdict{};
  });
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(engine.count<event::Execed>(), 1 + 4);
  EXPECT_EQ(engine.count<event::VforkDone>(), 4);
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 4);
  EXPECT_EQ(status_of(engine), (ExitStatus{false, 0, false}));
}

}  // namespace
}  // namespace cotrace::test
