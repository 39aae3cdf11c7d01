// A parent inside vfork cannot be stopped and runs no code of its own: for every purpose it is stopped.

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

class VforkParent : public Tracing {
 protected:
  // The child stands before its first instruction, held by the engine; the parent sleeps in vfork.
  Program in_vfork(Diary& engine, std::vector<std::string> arguments = {"vfork_register"}) {
    auto program = launch(engine, std::move(arguments));
    bool born = false;
    engine.behave([&](TaskId, const Event& event) {
      if (const auto* cloned = std::get_if<event::Cloned>(&event)) {
        child = cloned->child;
        EXPECT_TRUE(core->attach(child, engine, {everything, false, true}));
      }
      if (!std::holds_alternative<event::Born>(event)) return Verdict{};
      born = true;
      return holding;
    });
    resume(engine, program.task);
    EXPECT_TRUE(until([&] {
      const auto info = core->info(program.task);
      return born && info && info->state == trace::TaskState::in_vfork;
    }));
    EXPECT_TRUE(until([&] { return state_of(program.task.tid) == 'D'; }));
    engine.behave(nullptr);
    return program;
  }

  TaskId child;
};

TEST_F(VforkParent, WhatIsWrittenIntoItsRegistersIsThereWhenItGoesOn) {
  Diary engine;
  auto program = in_vfork(engine);
  auto regs = core->general_regs(program.task);
  ASSERT_TRUE(regs) << regs.error().text;
  EXPECT_EQ(regs->r12, 1U);
  regs->r12 = 4711;
  ASSERT_TRUE(core->set_general_regs(program.task, *regs));
  EXPECT_EQ(core->general_regs(program.task)->r12, 4711U);
  resume(engine, child);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(program.rest(), "vfork_register kept=4711\n");
  EXPECT_EQ(engine.count<event::VforkDone>(), 1);
  EXPECT_EQ(status_of(engine).code, 0);
}

TEST_F(VforkParent, WithoutAWriteItsRegistersAreItsOwn) {
  Diary engine;
  auto program = in_vfork(engine);
  EXPECT_EQ(core->general_regs(program.task)->r12, 1U);
  EXPECT_TRUE(core->xstate(program.task));
  resume(engine, child);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(program.rest(), "vfork_register kept=1\n");
}

TEST_F(VforkParent, EveryEngineThatAsksItToStopIsToldAtOnceAndItsHoldCounts) {
  Diary a, b;
  auto program = in_vfork(a);
  hold_too(b, program.task);
  // Who hears of the end of the vfork must say once more that it holds.
  ASSERT_TRUE(core->set_events(program.task, b, everything.without(EventKind::vfork_done)));
  a.behave([](TaskId, const Event& event) {
    return std::holds_alternative<event::Quiesced>(event) ? holding : Verdict{};
  });
  control(a, program.task, ResumeAction::stop);
  ASSERT_TRUE(until([&] { return a.count<event::Quiesced>() == 1; })) << "nobody may wait for it";
  resume(a, child);
  ASSERT_TRUE(until([&] { return a.count<event::VforkDone>() == 1; }));
  a.behave(nullptr);
  resume(a, program.task);
  drain();
  EXPECT_EQ(state_of(program.task.tid), 't') << "the other engine holds it still";
  resume(b, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(program.rest(), "vfork_register kept=1\n");
}

TEST_F(VforkParent, ItsMemoryIsReadAndWrittenAndItsSitesAreSetThroughIt) {
  Diary engine;
  auto program = in_vfork(engine, {"forks", "vfork_exec", "1"});
  const Addr landmark = symbol(program.task, "landmark");
  ASSERT_TRUE(core->add_breakpoint(program.task, engine, landmark));
  std::array<std::byte, 4> code{};
  ASSERT_TRUE(core->read_memory(program.task, landmark, code));
  EXPECT_NE(code.front(), std::byte{0xcc});
  EXPECT_EQ(raw_memory(program.pid, landmark, 1).front(), std::byte{0xcc});
  resume(engine, child);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 1) << "the parent's; the child's is in another program";
  EXPECT_EQ(status_of(engine).code, 0);
}

TEST_F(VforkParent, IsLetGoWhileItSleeps) {
  Diary engine;
  auto program = in_vfork(engine);
  ASSERT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "main")));
  core->detach_everything(engine);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  EXPECT_EQ(engine.count<event::VforkDone>(), 0);
  EXPECT_EQ(program.rest(), "vfork_register kept=1\n");
  EXPECT_EQ(wait_for(program), 0);
}

TEST_F(VforkParent, IsKilledWhileItSleeps) {
  Diary engine;
  auto program = in_vfork(engine);
  ASSERT_TRUE(core->kill(program.pid));
  resume(engine, child);
  ASSERT_TRUE(until([&] { return core->released(program.pid) && died(engine, child); }));
  EXPECT_TRUE(died(engine, program.task));
}

// CLONE_VFORK without CLONE_VM: it sleeps as deep, and its memory is its own.
TEST_F(VforkParent, ThatHasLentNothingIsHaltedLetGoAndKilledAllTheSame) {
  enum class Then { runs, is_left, is_killed };
  for (const Then then : {Then::runs, Then::is_left, Then::is_killed}) {
    Diary engine;
    auto program = in_vfork(engine, {"clone_kinds", "vfork_copy", "1"});
    engine.behave([](TaskId, const Event& event) {
      return std::holds_alternative<event::Quiesced>(event) ? holding : Verdict{};
    });
    control(engine, program.task, ResumeAction::stop);
    ASSERT_TRUE(until([&] { return engine.count<event::Quiesced>() == 1; })) << "nobody may wait for it";
    engine.behave(nullptr);
    EXPECT_NE(pc(program.task), 0U);
    const Addr landmark = symbol(program.task, "landmark");
    ASSERT_TRUE(core->add_breakpoint(program.task, engine, landmark));
    EXPECT_NE(raw_memory(Pid{child.tid.value}, landmark, 1), raw_memory(program.pid, landmark, 1));
    if (then == Then::is_killed) {
      ASSERT_TRUE(core->kill(program.pid));
      ASSERT_TRUE(until([&] { return died(engine, program.task); })) << "with its child held";
      resume(engine, child);
      ASSERT_TRUE(until([&] { return core->released(program.pid) && died(engine, child); }));
      continue;
    }
    if (then == Then::is_left) {
      core->detach_everything(engine);
    } else {
      resume(engine, program.task);
      resume(engine, child);
    }
    ASSERT_TRUE(until([&] { return core->released(program.pid) && traced_processes().empty(); }));
    EXPECT_EQ(program.rest(), "clone_kinds parent=1 child=1\n");
    EXPECT_EQ(engine.count<event::BreakpointHit>(), then == Then::runs ? 1 : 0) << "the parent's";
    if (then == Then::is_left) {
      EXPECT_EQ(wait_for(program), 0);
    }
  }
}

}  // namespace
}  // namespace cotrace::test
