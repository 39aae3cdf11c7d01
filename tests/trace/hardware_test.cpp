// Debug registers: on every thread, new ones included, and told to their owner alone.

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

class Hardware : public Tracing {};

TEST_F(Hardware, AWatchpointSeesTheWritesOfThreadsThatCameLater) {
  Diary engine, other;
  auto program = launch(engine, {"watch_threads", "3", "4"});
  ASSERT_TRUE(core->attach(program.task, other, {everything, false, true}));
  const Addr slots = symbol(program.task, "slots");
  ASSERT_TRUE(core->add_watchpoint(program.task, engine, slots + 4, 4, arch::native::WatchKind::write));
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(engine.count<event::WatchpointHit>(), 4);
  EXPECT_EQ(engine.last<event::WatchpointHit>().address, slots + 4);
  EXPECT_EQ(other.count<event::WatchpointHit>(), 0);
  EXPECT_EQ(other.count<event::Signal>() - engine.count<event::Signal>(), 0);
  EXPECT_EQ(status_of(engine).code, 0);
}

TEST_F(Hardware, FourSlotsAndNoFifth) {
  Diary engine;
  auto program = launch(engine, {"watch_threads", "3", "2"});
  const Addr slots = symbol(program.task, "slots");
  std::vector<PointId> points;
  for (std::uint64_t i = 0; i < 4; ++i) {
    auto point = core->add_watchpoint(program.task, engine, slots + 4 * i, 4, arch::native::WatchKind::write);
    ASSERT_TRUE(point);
    points.push_back(*point);
  }
  auto fifth = core->add_watchpoint(program.task, engine, slots + 32, 4, arch::native::WatchKind::write);
  ASSERT_FALSE(fifth);
  EXPECT_EQ(fifth.error().code, Errc::no_resources);
  ASSERT_TRUE(core->remove_point(engine, points[0]));
  EXPECT_TRUE(core->add_watchpoint(program.task, engine, slots + 32, 4, arch::native::WatchKind::write));
  EXPECT_FALSE(core->remove_point(engine, points[0])) << "removed twice";
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(engine.count<event::WatchpointHit>(), 2 + 2);
}

TEST_F(Hardware, AHardwareBreakpointOnEveryThread) {
  Diary engine;
  auto program = launch(engine, {"counter_threads", "3", "50"});
  ASSERT_TRUE(core->add_hardware_breakpoint(program.task, engine, symbol(program.task, "tick")));
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 150);
  EXPECT_EQ(status_of(engine).code, 0);
}

TEST_F(Hardware, SetWhileTheThreadsRunAndGoneWithTheEngine) {
  auto program = start({"spin", "3", "wait"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  Diary engine;
  auto tasks = core->attach(program.pid, engine, {everything, false, true});
  ASSERT_TRUE(tasks);
  ASSERT_TRUE(core->add_watchpoint(tasks->front(), engine, symbol(tasks->front(), "turns"), 8,
                                   arch::native::WatchKind::write));
  ASSERT_TRUE(until([&] { return engine.count<event::WatchpointHit>() > 100; }));
  ASSERT_TRUE(core->detach(program.pid, engine));
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  program.go();
  EXPECT_EQ(program.rest(), "spin threads=3\n") << "a debug register left behind would have killed it";
  EXPECT_EQ(wait_for(program), 0);
}

}  // namespace
}  // namespace cotrace::test
