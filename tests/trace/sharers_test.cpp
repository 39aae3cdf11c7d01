// Tasks that share a memory with breakpoints although nobody heard of their birth: they were there before
// somebody attached, or before the first breakpoint, or were made so that ptrace does not show them.

#include <algorithm>
#include <csignal>
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

class Sharers : public Tracing {
 protected:
  static constexpr int calls = 50;
  static constexpr std::byte int3{0xcc};
  static inline const std::string both_passed = "sharers parent=50 child=50 end=20\n";

  struct Pair {
    Program program;
    Pid parent, child;
  };
  static std::vector<std::string> command(std::uint64_t flags) {
    return {"sharers", std::to_string(flags), std::to_string(calls)};
  }
  static void read_ids(Pair& pair) {
    const auto line = pair.program.line();
    EXPECT_EQ(std::sscanf(line.c_str(), "ready %d %d", &pair.parent.value, &pair.child.value), 2) << line;
  }
  // Both wait, and nobody traces them.
  Pair start_pair(std::uint64_t flags) {
    Pair pair{start(command(flags)), {}, {}};
    read_ids(pair);
    return pair;
  }
  // The parent was launched by the core for the engine, which does not follow; `before` is called while there
  // is no child yet.
  Pair launch_pair(Diary& engine, std::uint64_t flags, const std::function<void(TaskId)>& before = nullptr) {
    auto line = command(flags);
    line.emplace_back("first");
    Pair pair{launch(engine, line), {}, {}};
    if (before) before(pair.program.task);
    resume(engine, pair.program.task);
    EXPECT_TRUE(until([&] { return state_of(pair.program.task.tid) == 'S'; }));
    EXPECT_EQ(pair.program.line().rfind("ready", 0), 0U);
    EXPECT_EQ(::write(pair.program.input.get(), "x", 1), 1);
    EXPECT_TRUE(until([&] {
      pollfd output{pair.program.output.get(), POLLIN, 0};
      return ::poll(&output, 1, 0) == 1;
    }));
    read_ids(pair);
    return pair;
  }
  TaskId join(Diary& engine, Pid pid, bool hold = false) {
    const auto tasks = core->attach(pid, engine, {everything, hold, true});
    EXPECT_TRUE(tasks) << tasks.error().text;
    return tasks ? tasks->front() : TaskId{};
  }
  void break_at_landmark(Diary& engine, TaskId task) {
    const auto point = core->add_breakpoint(task, engine, symbol(task, "landmark"));
    EXPECT_TRUE(point) << point.error().text;
  }
  // Lets both go on and waits until the core has nothing of either.
  void finish(Pair& pair, const std::string& says) {
    pair.program.go();
    ASSERT_TRUE(until([&] { return core->released(pair.parent) && core->released(pair.child); }));
    EXPECT_EQ(pair.program.rest(), says);
    // Where the core has not: a tracer takes the end of what it traces.
    (void)::waitpid(pair.parent.value, nullptr, 0);
  }
};

TEST_F(Sharers, AChildThatWasThereBeforePassesTheParentsBreakpointsInSilence) {
  auto pair = start_pair(CLONE_VM);
  Diary engine;
  break_at_landmark(engine, join(engine, pair.parent));
  finish(pair, both_passed);
  EXPECT_EQ(engine.count<event::BreakpointHit>(), calls);
  EXPECT_EQ(engine.count<event::Cloned>() + engine.count<event::Born>(), 0);
}

TEST_F(Sharers, TheParentPassesTheBreakpointsOfTheChildThatAloneWasAttachedTo) {
  auto pair = start_pair(CLONE_VM);
  Diary engine;
  const TaskId child = join(engine, pair.child);
  break_at_landmark(engine, child);
  EXPECT_EQ(tracer_of(pair.parent), ::gettid()) << "it would run into the breakpoint otherwise";
  finish(pair, both_passed);
  EXPECT_EQ(engine.count<event::BreakpointHit>(), calls);
  for (const auto& entry : engine.entries) EXPECT_EQ(entry.task, child);
}

TEST_F(Sharers, ARemovedBreakpointLetsTheOtherGo) {
  auto pair = start_pair(CLONE_VM);
  Diary engine;
  const TaskId parent = join(engine, pair.parent);
  const Addr landmark = symbol(parent, "landmark");
  const auto point = core->add_breakpoint(parent, engine, landmark);
  ASSERT_TRUE(point);
  EXPECT_EQ(tracer_of(pair.child), ::gettid());
  ASSERT_TRUE(core->remove_point(engine, *point));
  ASSERT_TRUE(until([&] { return tracer_of(pair.child) == 0; }));
  // And takes it back when there is one again.
  ASSERT_TRUE(core->add_breakpoint(parent, engine, landmark));
  EXPECT_EQ(tracer_of(pair.child), ::gettid());
  core->detach_everything(engine);
  ASSERT_TRUE(until([&] { return core->released(pair.parent) && core->released(pair.child); }));
  EXPECT_NE(raw_memory(pair.parent, landmark, 1).front(), int3);
  EXPECT_EQ(tracer_of(pair.child), 0);
  finish(pair, both_passed);
}

// Each of them attached to by itself: the memory is one, and so is the breakpoint.
TEST_F(Sharers, EnginesThatCameToDifferentProcessesShareTheBreakpoint) {
  auto pair = start_pair(CLONE_VM);
  Diary first, second;
  const TaskId parent = join(first, pair.parent);
  const TaskId child = join(second, pair.child);
  const Addr landmark = symbol(parent, "landmark");
  const auto original = raw_memory(pair.parent, landmark, 1);
  const auto of_parent = core->add_breakpoint(parent, first, landmark);
  ASSERT_TRUE(of_parent);
  ASSERT_TRUE(core->add_breakpoint(child, second, landmark));
  ASSERT_TRUE(core->remove_point(first, *of_parent));
  EXPECT_EQ(raw_memory(pair.parent, landmark, 1).front(), int3) << "the other one's";
  ASSERT_TRUE(core->add_breakpoint(parent, first, landmark));
  std::array<std::byte, 1> seen{};
  ASSERT_TRUE(core->read_memory(child, landmark, seen));
  EXPECT_EQ(seen.front(), original.front());
  finish(pair, both_passed);
  EXPECT_EQ(first.count<event::BreakpointHit>(), calls);
  EXPECT_EQ(second.count<event::BreakpointHit>(), calls);
}

// Its birth was told and nobody wanted it: without a breakpoint there was no reason to keep it.
TEST_F(Sharers, AChildThatWasLetGoIsTakenBackForTheFirstBreakpoint) {
  Diary engine;
  auto pair = launch_pair(engine, CLONE_VM);
  ASSERT_EQ(tracer_of(pair.child), 0);
  break_at_landmark(engine, pair.program.task);
  finish(pair, both_passed);
  EXPECT_EQ(engine.count<event::BreakpointHit>(), calls);
  EXPECT_EQ(status_of(engine), (ExitStatus{false, 0, false}));
}

TEST_F(Sharers, AThreadThatWasLetGoIsTakenBackForTheFirstBreakpoint) {
  auto program = start({"spin", "2", "wait"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  Diary engine;
  auto tasks = core->attach(program.pid, engine, {everything, false, true});
  ASSERT_TRUE(tasks);
  // The threads that spin are neither the first nor the last.
  std::ranges::sort(*tasks, {}, [](TaskId task) { return task.tid; });
  ASSERT_EQ(tasks->size(), 4U);
  const TaskId spinning = (*tasks)[1];
  ASSERT_TRUE(core->detach(spinning, engine));
  ASSERT_TRUE(until([&] { return !core->find(spinning.tid); }));
  ASSERT_TRUE(core->add_breakpoint(tasks->front(), engine, symbol(tasks->front(), "turn_once")));
  ASSERT_TRUE(until([&] { return engine.count<event::BreakpointHit>() > 200; }));
  core->detach_everything(engine);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  for (const auto& entry : engine.entries) EXPECT_NE(entry.task.tid, spinning.tid);
  program.go();
  EXPECT_EQ(program.rest(), "spin threads=2\n");
  EXPECT_EQ(wait_for(program), 0);
}

// --- a vfork that began before anybody attached ---

class SleepingSharers : public Sharers {
 protected:
  static constexpr std::uint64_t vfork_flags = CLONE_VM | CLONE_VFORK;
};

TEST_F(SleepingSharers, TheParentStandsAtOnceAndItsChildPassesInSilence) {
  for (const std::uint64_t flags : {vfork_flags, std::uint64_t{CLONE_VFORK}}) {
    auto pair = start_pair(flags);
    Diary engine([](TaskId, const Event& event) {
      return std::holds_alternative<event::Quiesced>(event) ? holding : Verdict{};
    });
    const TaskId parent = join(engine, pair.parent, true);
    ASSERT_TRUE(until([&] { return engine.count<event::Quiesced>() == 1; })) << "nobody may wait for it";
    EXPECT_EQ(core->info(parent)->state, trace::TaskState::in_vfork);
    // It is in the C library's clone(), behind the system call, and its stack can be read.
    const auto regs = core->general_regs(parent);
    ASSERT_TRUE(regs);
    std::array<std::byte, 2> before{};
    ASSERT_TRUE(core->read_memory(parent, Addr{regs->rip} - 2, before));
    EXPECT_EQ(before, (std::array{std::byte{0x0f}, std::byte{0x05}})) << "syscall";
    std::array<std::byte, 64> stack{};
    EXPECT_TRUE(core->read_memory(parent, Addr{regs->rsp}, stack));
    break_at_landmark(engine, parent);
    engine.behave(nullptr);
    resume(engine, parent);
    finish(pair, both_passed);
    EXPECT_EQ(engine.count<event::BreakpointHit>(), calls);
    EXPECT_EQ(engine.count<event::VforkDone>(), 1);
  }
}

// A debugger writes back all the registers that it has read, those included that nobody knew.
TEST_F(SleepingSharers, WhatIsWrittenIntoTheParentsRegistersIsAllThatChanges) {
  auto pair = start_pair(vfork_flags);
  Diary engine([](TaskId, const Event& event) {
    const bool hold =
        std::holds_alternative<event::Quiesced>(event) || std::holds_alternative<event::VforkDone>(event);
    return hold ? holding : Verdict{};
  });
  const TaskId parent = join(engine, pair.parent, true);
  ASSERT_TRUE(until([&] { return engine.count<event::Quiesced>() == 1; }));
  auto regs = core->general_regs(parent);
  ASSERT_TRUE(regs);
  // What the C library's clone() does not look at any more.
  regs->r10 = 4711;
  ASSERT_TRUE(core->set_general_regs(parent, *regs));
  resume(engine, parent);
  pair.program.go();
  ASSERT_TRUE(until([&] { return engine.count<event::VforkDone>() == 1; }));
  const auto real = core->general_regs(parent);
  ASSERT_TRUE(real);
  EXPECT_EQ(real->r10, 4711U);
  EXPECT_EQ(real->rip, regs->rip);
  EXPECT_EQ(real->rsp, regs->rsp);
  EXPECT_NE(real->fs_base, 0U) << "was not known, and is as it was";
  engine.behave(nullptr);
  resume(engine, parent);
  finish(pair, both_passed);
}

TEST_F(SleepingSharers, TheParentIsNoObstacleForTheChildThatAloneWasAttachedTo) {
  auto pair = start_pair(vfork_flags);
  Diary engine;
  const TaskId child = join(engine, pair.child);
  break_at_landmark(engine, child);
  ASSERT_TRUE(core->add_breakpoint(child, engine, next_instruction(child, symbol(child, "landmark"))));
  pair.program.go();
  ASSERT_TRUE(until([&] { return died(engine, child); }));
  finish(pair, both_passed);
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 2 * calls);
  for (const auto& entry : engine.entries) EXPECT_EQ(entry.task, child);
}

TEST_F(SleepingSharers, TheParentIsLetGoAndKilledWhileItSleeps) {
  for (const bool kill : {false, true}) {
    auto pair = start_pair(vfork_flags);
    Diary engine;
    const TaskId parent = join(engine, pair.parent, true);
    ASSERT_TRUE(until([&] { return engine.count<event::Quiesced>() == 1; }));
    break_at_landmark(engine, parent);
    if (kill) {
      ASSERT_TRUE(core->kill(pair.parent));
      ASSERT_TRUE(until([&] { return died(engine, parent); }));
      // Its breakpoints go with it, and nothing keeps the child any more.
      ASSERT_TRUE(until([&] { return core->released(pair.child); }));
      EXPECT_EQ(tracer_of(pair.child), 0);
      pair.program.go();
      EXPECT_EQ(pair.program.rest(), "");
      EXPECT_EQ(status_of(engine), (ExitStatus{true, SIGKILL, false}));
    } else {
      core->detach_everything(engine);
      finish(pair, both_passed);
    }
    EXPECT_EQ(engine.count<event::BreakpointHit>(), 0);
  }
}

// --- CLONE_UNTRACED ---

class Untraced : public Sharers {};

TEST_F(Untraced, AChildOnTheSameMemoryIsFoundForTheFirstBreakpoint) {
  Diary engine;
  auto pair = launch_pair(engine, CLONE_VM | CLONE_UNTRACED);
  EXPECT_EQ(engine.count<event::Cloned>(), 0) << "no event tells of it";
  break_at_landmark(engine, pair.program.task);
  EXPECT_EQ(tracer_of(pair.child), ::gettid());
  finish(pair, both_passed);
  EXPECT_EQ(engine.count<event::BreakpointHit>(), calls);
}

TEST_F(Untraced, TheyAreNamedWhenSomebodyAsks) {
  for (const std::uint64_t flags :
       {std::uint64_t{CLONE_UNTRACED}, std::uint64_t{CLONE_UNTRACED | CLONE_VM}}) {
    Diary engine;
    auto pair = launch_pair(engine, flags);
    const auto found = core->untraced();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].process, pair.child);
    EXPECT_EQ(found[0].tid, leader_of(pair.child));
    EXPECT_EQ(found[0].parent, pair.parent);
    EXPECT_EQ(found[0].tracer, Tid{});
    EXPECT_EQ(found[0].name, "sharers");
    Diary of_child;
    join(of_child, pair.child);
    EXPECT_TRUE(core->untraced().empty()) << "traced now";
    finish(pair, both_passed);
  }
}

TEST_F(Untraced, AttachingFindsItAndItsBreakpointsAreItsOwn) {
  for (const std::uint64_t flags :
       {std::uint64_t{CLONE_UNTRACED}, std::uint64_t{CLONE_UNTRACED | CLONE_VM}}) {
    Diary engine, of_child;
    auto pair = launch_pair(engine, flags);
    break_at_landmark(of_child, join(of_child, pair.child));
    finish(pair, both_passed);
    EXPECT_EQ(engine.count<event::BreakpointHit>(), 0);
    EXPECT_EQ(of_child.count<event::BreakpointHit>(), calls);
  }
}

// CLONE_PTRACE attaches it to us, and CLONE_UNTRACED keeps back the event that would have told: it stands,
// and nobody has asked for it.
TEST_F(Untraced, AChildThatIsAttachedToUsWithoutAnEventIsLetGoClean) {
  constexpr std::uint64_t flags = CLONE_UNTRACED | CLONE_PTRACE;
  for (const std::uint64_t more : {0, CLONE_VM, CLONE_VFORK, CLONE_VM | CLONE_VFORK}) {
    SCOPED_TRACE(testing::Message() << std::hex << "0x" << more);
    Diary engine;
    auto pair = launch_pair(engine, flags | more, [&](TaskId task) { break_at_landmark(engine, task); });
    EXPECT_EQ(tracer_of(pair.child), (more & CLONE_VM) != 0 ? ::gettid() : 0);
    finish(pair, both_passed);
    EXPECT_EQ(engine.count<event::Cloned>(), 0);
    EXPECT_EQ(engine.count<event::BreakpointHit>(), calls);
  }
}

// What the documentation says of it: made after the first breakpoint it is not found, and the breakpoint is
// its end, in a copy of the memory as well as on the same.
TEST_F(Untraced, AChildThatIsMadeAfterTheFirstBreakpointDiesOfIt) {
  for (const std::uint64_t flags :
       {std::uint64_t{CLONE_UNTRACED}, std::uint64_t{CLONE_UNTRACED | CLONE_VM}}) {
    Diary engine;
    auto pair = launch_pair(engine, flags, [&](TaskId task) { break_at_landmark(engine, task); });
    EXPECT_EQ(tracer_of(pair.child), 0);
    finish(pair, "sharers parent=50 child=0 end=-5\n");
    EXPECT_EQ(engine.count<event::BreakpointHit>(), calls);
    const auto told = engine.last<event::Signal>();
    EXPECT_EQ(told.info.si_signo, SIGCHLD);
    EXPECT_EQ(told.info.si_status, SIGTRAP);
  }
}

}  // namespace
}  // namespace cotrace::test
