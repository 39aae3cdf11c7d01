// Sites: exact counts, shared owners, hidden bytes, passing without letting others past.

#include <atomic>
#include <sys/wait.h>

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

class Breakpoints : public Tracing {};

TEST_F(Breakpoints, EachThreadsHitsAreCountedExactly) {
  Diary engine;
  auto program = launch(engine, {"counter_threads", "4", "300"});
  ASSERT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "tick")));
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 4 * 300);
  EXPECT_EQ(status_of(engine), (ExitStatus{false, 0, false}));
  EXPECT_EQ(program.rest(), "counter_threads threads=4 calls=1200\n");
}

TEST_F(Breakpoints, ConditionsAreAskedAndSilentWhenFalse) {
  Diary engine;
  auto program = launch(engine, {"counter_threads", "3", "200"});
  int asked = 0;
  ASSERT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "tick"),
                                   [&](TaskId) { return ++asked % 10 == 0; }));
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(asked, 600);
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 60);
}

TEST_F(Breakpoints, TwoEnginesOneSiteEachHearsItsOwn) {
  Diary first, second;
  auto program = launch(first, {"counter_threads", "2", "100"});
  ASSERT_TRUE(core->attach(program.task, second, {everything, false, true}));
  const Addr tick = symbol(program.task, "tick");
  ASSERT_TRUE(core->add_breakpoint(program.task, first, tick));
  auto mine = core->add_breakpoint(program.task, second, tick);
  ASSERT_TRUE(mine);
  // The second gives its own up after its thirtieth hit; the first one's stays.
  second.behave([&](TaskId, const Event& event) {
    if (std::holds_alternative<event::BreakpointHit>(event) && second.count<event::BreakpointHit>() == 30) {
      EXPECT_TRUE(core->remove_point(second, *mine));
    }
    return Verdict{};
  });
  resume(first, program.task);
  ASSERT_TRUE(until([&] { return died(first, program.task); }));
  EXPECT_EQ(first.count<event::BreakpointHit>(), 200);
  EXPECT_EQ(second.count<event::BreakpointHit>(), 30);
  EXPECT_EQ(status_of(second).code, 0);
}

TEST_F(Breakpoints, MemoryNeverShowsTheBreakpointAndWritesGoBeneath) {
  Diary engine, other;
  auto program = launch(engine, {"counter_threads", "1", "1"});
  const Addr tick = symbol(program.task, "tick");
  std::array<std::byte, 8> before{}, after{};
  ASSERT_TRUE(core->read_memory(program.task, tick, before));
  auto point = core->add_breakpoint(program.task, engine, tick);
  ASSERT_TRUE(point);
  ASSERT_TRUE(core->read_memory(program.task, tick, after));
  EXPECT_EQ(before, after);
  // A write over the site: the site stays, the bytes beneath change.
  auto changed = before;
  changed[0] = std::byte{0x90};
  ASSERT_TRUE(core->write_memory(program.task, tick, changed));
  ASSERT_TRUE(core->read_memory(program.task, tick, after));
  EXPECT_EQ(after, changed);
  ASSERT_TRUE(core->write_memory(program.task, tick, before));
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 1);
  EXPECT_EQ(status_of(engine).code, 0);
}

TEST_F(Breakpoints, AtASiteIsNotHitASite) {
  Diary engine;
  auto program = launch(engine, {"counter_threads", "1", "1"});
  const Addr tick = symbol(program.task, "tick");
  auto first = core->add_breakpoint(program.task, engine, tick);
  bool held = false;
  engine.behave([&](TaskId, const Event& event) {
    if (!std::holds_alternative<event::BreakpointHit>(event)) return Verdict{};
    held = true;
    return Verdict{ResumeAction::stop, {}, {}, {}};
  });
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return held; }));
  const TaskId at = engine.entries.back().task;
  EXPECT_EQ(pc(at), tick.value);
  // The hit is taken back: when the task runs it hits again, although it never left.
  held = false;
  ASSERT_TRUE(core->rearm(at, engine));
  resume(engine, at);
  ASSERT_TRUE(until([&] { return held; }));
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 2);
  // Taken back and the breakpoint removed: it runs on.
  ASSERT_TRUE(core->rearm(at, engine));
  ASSERT_TRUE(core->remove_point(engine, *first));
  resume(engine, at);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 2);
  EXPECT_EQ(status_of(engine).code, 0);
}

TEST_F(Breakpoints, ASiteOnEveryInstructionOfAFunction) {
  // Each kind of instruction in the function is passed in its own way; the program must not notice.
  Diary engine;
  auto program = launch(engine, {"counter_threads", "2", "20"});
  const Addr tick = symbol(program.task, "tick");
  std::vector<Addr> sites;
  std::array<std::byte, 64> code{};
  ASSERT_TRUE(core->read_memory(program.task, tick, code));
  for (std::size_t at = 0; at < 24;) {
    auto instruction = arch::native::decode(arch::native::Mode::bits64, std::span(code).subspan(at));
    ASSERT_TRUE(instruction);
    sites.push_back(tick + at);
    if (code[at] == std::byte{0xc3}) break;
    at += instruction->length;
  }
  for (Addr site : sites) ASSERT_TRUE(core->add_breakpoint(program.task, engine, site));
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 40 * static_cast<int>(sites.size()));
  EXPECT_EQ(program.rest(), "counter_threads threads=2 calls=40\n");
}

TEST_F(Breakpoints, SignalsWhilePassingAreNeitherLostNorDoubled) {
  Diary engine;
  auto program = launch(engine, {"timer_signals", "1500", "300", "3"});
  ASSERT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "busy")));
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(status_of(engine), (ExitStatus{false, 0, false})) << program.rest();
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 3 * 1500);
}

}  // namespace
}  // namespace cotrace::test
