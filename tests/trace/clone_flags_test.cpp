// clone and clone3 with every combination of the flags that decide what the new task is and who hears of it:
// told as what it is, followed or passed over in silence.

#include <algorithm>
#include <csignal>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

struct CloneCall {
  const char* call;
  int exit_signal;
  const char* name;
};

// All that the kernel knows how to combine; what it refuses all the same (clone3 with CLONE_PARENT or
// CLONE_THREAD and an exit signal), the program finds out.
std::vector<std::uint64_t> flag_sets() {
  constexpr std::uint64_t of_a_process[] = {CLONE_VM, CLONE_VFORK, CLONE_FILES, CLONE_PARENT, CLONE_PTRACE};
  std::vector<std::uint64_t> sets;
  for (unsigned chosen = 0; chosen < 1U << std::size(of_a_process); ++chosen) {
    std::uint64_t flags = 0;
    for (std::size_t i = 0; i < std::size(of_a_process); ++i) {
      if ((chosen >> i & 1U) != 0) flags |= of_a_process[i];
    }
    sets.push_back(flags);
    if ((flags & CLONE_VM) != 0) sets.push_back(flags | CLONE_SIGHAND | CLONE_THREAD);
  }
  return sets;
}

CloneKind kind_of(std::uint64_t flags) {
  if ((flags & CLONE_THREAD) != 0) return CloneKind::thread;
  if ((flags & CLONE_VM) == 0) return CloneKind::fork;
  return (flags & CLONE_VFORK) != 0 ? CloneKind::vfork : CloneKind::shared_memory;
}

class CloneFlags : public Tracing, public ::testing::WithParamInterface<CloneCall> {
 protected:
  static constexpr int rounds = 2;

  struct Maker {
    Program program;  // its parent, which nobody traces
    TaskId task;
  };
  // The process that makes the tasks stands, held by the engine, with a breakpoint on landmark().
  Maker attach_to_maker(Diary& engine, std::uint64_t flags, bool threads) {
    auto program = start({"clone_flags", GetParam().call, std::to_string(flags),
                          std::to_string(GetParam().exit_signal), std::to_string(rounds)});
    const auto line = program.line();
    EXPECT_EQ(line.rfind("ready ", 0), 0U) << line;
    const Pid pid{std::atoi(line.c_str() + 6)};
    auto tasks = core->attach(pid, engine, {everything, false, threads});
    EXPECT_TRUE(tasks) << tasks.error().text;
    const TaskId task = tasks->front();
    EXPECT_TRUE(core->add_breakpoint(task, engine, symbol(task, "landmark")));
    return {std::move(program), task};
  }

  // What is true of a new task whoever follows it.
  void expect_told_as_it_is(const event::Cloned& cloned, const Maker& maker, std::uint64_t flags) {
    made.push_back(cloned.child);
    EXPECT_EQ(cloned.kind, kind_of(flags));
    EXPECT_EQ(cloned.flags, flags);
    const Pid own{cloned.child.tid.value};
    EXPECT_EQ(cloned.child_process, kind_of(flags) == CloneKind::thread ? Pid{maker.task.tid.value} : own);
    EXPECT_EQ(core->process_of(cloned.child), cloned.child_process);
  }

  // Runs the program to its end. How often the maker and what it made say they called landmark(), {-1, -1}
  // where the kernel refused the flags.
  std::pair<int, int> finish(Diary& engine, Maker& maker) {
    maker.program.go();
    EXPECT_TRUE(until([&] {
      return core->released(Pid{maker.task.tid.value}) &&
             std::ranges::none_of(made, [&](TaskId task) { return core->info(task).has_value(); });
    }));
    EXPECT_EQ(status_of(engine, maker.task), (ExitStatus{false, 0, false}));
    // To the end of file: every process that had the pipe is gone, none was left standing.
    const auto text = maker.program.rest();
    EXPECT_EQ(wait_for(maker.program), 0) << "every task ended as it should";
    for (const auto& entry : engine.entries) {
      const auto* signal = std::get_if<event::Signal>(&entry.event);
      EXPECT_TRUE(signal == nullptr || signal->info.si_signo != SIGTRAP);
    }
    std::pair<int, int> calls{-1, -1};
    if (text == "clone_flags refused\n") return calls;
    EXPECT_EQ(std::sscanf(text.c_str(), "clone_flags maker=%d made=%d", &calls.first, &calls.second), 2)
        << text;
    EXPECT_EQ(calls.first, rounds);
    EXPECT_EQ(calls.second, rounds);
    return calls;
  }

  std::vector<TaskId> made;
};

TEST_P(CloneFlags, NobodyFollowsTheMakersHitsAreExactAndNothingIsLeftBehind) {
  for (const std::uint64_t flags : flag_sets()) {
    made.clear();
    SCOPED_TRACE(testing::Message() << std::hex << "flags 0x" << flags);
    Diary engine;
    auto maker = attach_to_maker(engine, flags, false);
    engine.behave([&](TaskId task, const Event& event) {
      EXPECT_EQ(task, maker.task);
      if (const auto* cloned = std::get_if<event::Cloned>(&event))
        expect_told_as_it_is(*cloned, maker, flags);
      return Verdict{};
    });
    const auto [by_maker, by_made] = finish(engine, maker);
    EXPECT_EQ(engine.count<event::Cloned>(), by_made < 0 ? 0 : rounds);
    EXPECT_EQ(engine.count<event::BreakpointHit>(), std::max(by_maker, 0));
    EXPECT_EQ(engine.count<event::Born>(), 0);
    if (HasFailure()) return;
  }
}

TEST_P(CloneFlags, EachIsFollowedAndEveryHitIsExact) {
  for (const std::uint64_t flags : flag_sets()) {
    made.clear();
    SCOPED_TRACE(testing::Message() << std::hex << "flags 0x" << flags);
    Diary engine;
    auto maker = attach_to_maker(engine, flags, true);
    engine.behave([&](TaskId, const Event& event) {
      if (const auto* cloned = std::get_if<event::Cloned>(&event)) {
        expect_told_as_it_is(*cloned, maker, flags);
        if (cloned->kind != CloneKind::thread) {
          EXPECT_TRUE(core->attach(cloned->child, engine, {everything, false, true}));
        }
      }
      if (const auto* born = std::get_if<event::Born>(&event)) {
        EXPECT_EQ(born->kind, kind_of(flags));
        EXPECT_EQ(born->creator, maker.task);
      }
      return Verdict{};
    });
    const auto [by_maker, by_made] = finish(engine, maker);
    EXPECT_EQ(engine.count<event::Born>(), by_made < 0 ? 0 : rounds);
    EXPECT_EQ(engine.count<event::BreakpointHit>(), by_made < 0 ? 0 : by_maker + by_made);
    for (TaskId task : made) EXPECT_TRUE(died(engine, task));
    // Told to whoever sleeps until the memory, or the permission to go on, is given back.
    const bool sleeps = by_made >= 0 && (flags & CLONE_VFORK) != 0;
    EXPECT_EQ(engine.count<event::VforkDone>(), sleeps ? rounds : 0);
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(All, CloneFlags,
                         ::testing::Values(CloneCall{"clone", SIGCHLD, "clone_sigchld"},
                                           CloneCall{"clone", 0, "clone_silent"},
                                           CloneCall{"clone", SIGUSR1, "clone_sigusr1"},
                                           CloneCall{"clone3", SIGCHLD, "clone3_sigchld"},
                                           CloneCall{"clone3", 0, "clone3_silent"},
                                           CloneCall{"clone3", SIGUSR1, "clone3_sigusr1"}),
                         [](const auto& test) { return std::string(test.param.name); });

class LaunchedSiblings : public Tracing {};

// What a launched program makes with CLONE_PARENT is a child of this very process, which knows nothing of it.
TEST_F(LaunchedSiblings, AreReapedByWhoeverHasFollowedThemOrNot) {
  for (const std::uint64_t flags : {CLONE_PARENT, CLONE_PARENT | CLONE_VM}) {
    for (const bool follow : {false, true}) {
      for (const bool site : {false, true}) {
        Diary engine;
        auto program = launch(
            engine, {"clone_flags", "clone", std::to_string(flags), std::to_string(SIGCHLD), "5", "alone"});
        if (site) {
          ASSERT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "landmark")));
        }
        engine.behave([&](TaskId, const Event& event) {
          const auto* cloned = std::get_if<event::Cloned>(&event);
          if (cloned != nullptr && follow) {
            EXPECT_TRUE(core->attach(cloned->child, engine, {everything, false, true}));
          }
          return Verdict{};
        });
        resume(engine, program.task);
        program.go();
        ASSERT_TRUE(until([&] { return core->released(program.pid) && traced_processes().empty(); }));
        const std::string ready = "ready " + std::to_string(program.pid.value) + "\n";
        EXPECT_EQ(program.rest(), ready + "clone_flags maker=5 made=5\n");
        EXPECT_EQ(engine.count<event::Cloned>(), 5);
        EXPECT_EQ(engine.count<event::BreakpointHit>(), !site ? 0 : follow ? 10 : 5);
        EXPECT_TRUE(until([] { return sys::children_of(Pid{::getpid()})->empty(); })) << "no zombie is left";
      }
    }
  }
}

}  // namespace
}  // namespace cotrace::test
