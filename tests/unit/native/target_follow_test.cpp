// Forks, attaching, detaching, several clients, and clients that leave.
#include <algorithm>
#include <array>
#include <elf.h>
#include <sys/wait.h>

#include "linux/proc.h"
#include "native/scratch_code.h"
#include "unit/native/debugging.h"

namespace cotrace::native {
namespace {

namespace stop = session::stop;
namespace act = session::act;
using session::PointType;

class TargetFollow : public Debugging {
 protected:
  TargetFollow() {
    client->target.event_options()->want({.fork = true, .vfork = true, .exec = false, .swbreak = true});
    client->target.event_options()->pass_signals({SIGCHLD});  // as gdb does
  }
  std::unique_ptr<Debugger> client = debugger();
};

TEST_F(TargetFollow, AForksChildIsKnownWithItsReportAndHasTheBreakpoints) {
  const auto parent = launch(*client, {"forks", "fork", "1"});
  const Addr at = breakpoint(*client, parent, "landmark");
  client->cont();
  const auto [who, fork] = expect_stop<stop::Fork>(*client);
  EXPECT_EQ(who, parent);
  EXPECT_TRUE(client->target.stopped(fork.child));
  EXPECT_EQ(client->target.processes()->list(), (std::vector{parent.pid, fork.child.pid}));
  // "z0 in the child" takes out what was set in the parent, and only there.
  ASSERT_TRUE(client->target.points()->remove(fork.child, PointType::software, at, 1).has_value());
  EXPECT_TRUE(detach(*client, fork.child.pid).has_value());
  client->cont(parent);
  const auto [hitter, hit] = expect_stop<stop::SoftwareBreak>(*client);
  EXPECT_EQ(hitter, parent);
  client->cont();
  EXPECT_EQ(expect_stop<stop::Exited>(*client).second.code, 0) << "the child met no trap";
}

TEST_F(TargetFollow, AFollowedChildHitsTheBreakpointToo) {
  const auto parent = launch(*client, {"forks", "fork", "1"});
  breakpoint(*client, parent, "landmark");
  client->cont();
  const auto [who, fork] = expect_stop<stop::Fork>(*client);
  client->cont(fork.child);
  EXPECT_EQ(expect_stop<stop::SoftwareBreak>(*client).first, fork.child);
  client->cont(fork.child);
  const auto [ended, exited] = expect_stop<stop::Exited>(*client);
  EXPECT_EQ(ended.pid, fork.child.pid);
  EXPECT_EQ(exited.code, 20);
  EXPECT_TRUE(exited.others_live);
}

TEST_F(TargetFollow, DetachingTheParentBeforeTheForkIsToldLetsTheChildGo) {
  const auto parent = launch(*client, {"forks", "fork", "1"});
  client->target.set_listener(nullptr);
  client->cont();
  // Nobody listens, so that the client cannot name the child.
  ASSERT_TRUE(until([&] { return client->target.standing_stop().has_value(); }));
  client->target.set_listener(client.get());
  for (const Pid pid : client->target.processes()->list()) EXPECT_TRUE(detach(*client, pid).has_value());
  EXPECT_EQ(tracer_of(parent.pid), 0);
  EXPECT_TRUE(client->target.threads().empty());
}

TEST_F(TargetFollow, AVforksChildSharesTheBreakpointsAndTheParentIsNotWaitedFor) {
  const auto parent = launch(*client, {"forks", "vfork_exit", "1"});
  const Addr at = breakpoint(*client, parent, "landmark");
  client->cont();
  const auto [who, vfork] = expect_stop<stop::Vfork>(*client);
  EXPECT_EQ(who, parent);
  client->cont();  // both
  EXPECT_EQ(expect_stop<stop::SoftwareBreak>(*client).first, vfork.child);
  halt(*client);  // the parent sleeps in the kernel and cannot stop
  EXPECT_TRUE(client->target.stopped(parent));
  EXPECT_NE(pc(*client, parent), 0U) << "its registers are those it went to sleep with";
  // Taken out through the child it is out of the parent as well.
  ASSERT_TRUE(client->target.points()->remove(vfork.child, PointType::software, at, 1).has_value());
  client->cont();
  int ended = 0;
  int done = 0;
  while (ended < 2) {
    const auto report = next_stop(*client);
    if (std::holds_alternative<stop::Exited>(report.reason)) ++ended;
    if (std::holds_alternative<stop::VforkDone>(report.reason)) ++done;
    ASSERT_FALSE(std::holds_alternative<stop::SoftwareBreak>(report.reason));
    client->cont();
  }
  EXPECT_EQ(done, 1);
}

TEST_F(TargetFollow, AVforkDoneOfAThreadShownStoppedComesAfterItsResume) {
  const auto parent = launch(*client, {"forks", "vfork_exit", "1"});
  client->cont();
  const auto [who, vfork] = expect_stop<stop::Vfork>(*client);
  client->cont();
  halt(*client);
  client->stops.clear();
  // The child ends while the client believes that the parent stands.
  if (client->target.alive(vfork.child)) client->cont(vfork.child);
  ASSERT_TRUE(until([&] { return !client->target.alive(vfork.child); }));
  drain();
  for (const auto& report : client->stops) EXPECT_NE(report.thread, parent);
  client->stops.clear();
  if (client->target.stopped(parent)) {
    client->cont(parent);
    EXPECT_EQ(expect_stop<stop::VforkDone>(*client).first, parent);
    EXPECT_TRUE(client->target.stopped(parent));
  }
  client->cont(parent);
  expect_stop<stop::Exited>(*client);
}

// A thread stands at a breakpoint while another one calls vfork, and the client steps displaced.
class TargetVforkReports : public TargetFollow {
 protected:
  void SetUp() override {
    standing = launch(*client, {"vfork_gap", "2"});
    const std::array at{breakpoint(*client, standing, "tick"), breakpoint(*client, standing, "call_system")};
    const auto entry = sys::auxv_entry(standing.tid, AT_ENTRY).value_or(std::nullopt);
    ASSERT_TRUE(entry.has_value());
    const std::array<std::byte, ScratchCode::place_size> copy{std::byte{0x90}};
    ASSERT_TRUE(client->target.write_memory(standing, Addr{*entry + 2}, copy).has_value());
    client->cont();
    const std::array hits{expect_stop<stop::SoftwareBreak>(*client).first,
                          expect_stop<stop::SoftwareBreak>(*client).first};
    for (const Addr address : at)
      ASSERT_TRUE(client->target.points()->remove(standing, PointType::software, address, 1).has_value());
    client->cont(hits[0] == standing ? hits[1] : hits[0]);
    begun = base::Reactor::Clock::now();
    ASSERT_TRUE(until([&] { return vfork_is_there(); }));
  }
  // The kernel has it, so that the core hears of it in this turn or the next.
  [[nodiscard]] bool vfork_is_there(Pid but = {}) const {
    const auto children = sys::children_of(standing.pid).value_or(std::vector<Pid>{});
    return std::ranges::any_of(children, [&](Pid child) { return child != but; });
  }
  // Before the client has done nothing for so long that the vfork is told all the same.
  [[nodiscard]] bool soon() const {
    return base::Reactor::Clock::now() - begun < std::chrono::milliseconds(150);
  }
  session::ThreadRef standing;
  base::Reactor::Clock::time_point begun;
};

TEST_F(TargetVforkReports, AVforkIsToldWhenTheOtherThreadsRun) {
  drain();
  const bool untold = client->stops.empty();
  EXPECT_TRUE(untold || !soon());
  client->cont(standing);
  EXPECT_NE(expect_stop<stop::Vfork>(*client).first, standing);
}

TEST_F(TargetVforkReports, AVforkIsToldWhereAThreadIsLeftStanding) {
  EXPECT_NE(expect_stop<stop::Vfork>(*client).first, standing);
  EXPECT_TRUE(client->target.stopped(standing));
}

TEST_F(TargetVforkReports, AVforkIsToldAtOnceToAClientThatLetTheLastChildGo) {
  const auto [caller, vfork] = expect_stop<stop::Vfork>(*client);
  EXPECT_TRUE(detach(*client, vfork.child.pid).has_value());
  client->cont(caller);
  EXPECT_EQ(expect_stop<stop::VforkDone>(*client).first, caller);
  client->cont(caller);
  begun = base::Reactor::Clock::now();
  ASSERT_TRUE(until([&] { return vfork_is_there(vfork.child.pid); }));
  drain();
  const bool told = !client->stops.empty();
  EXPECT_TRUE(told || !soon());
  EXPECT_EQ(expect_stop<stop::Vfork>(*client).first, caller);
}

TEST_F(TargetVforkReports, AVforkIsToldWhenItsStopIsAskedFor) {
  client->resume({}, act::Stop{});
  drain();
  const bool told = !client->stops.empty();
  EXPECT_TRUE(told || !soon());
  EXPECT_NE(expect_stop<stop::Vfork>(*client).first, standing);
}

TEST_F(TargetFollow, UnwantedForksAreNotFollowed) {
  client->target.event_options()->want({.swbreak = true});
  launch(*client, {"forks", "fork", "2"});
  client->cont();
  EXPECT_EQ(expect_stop<stop::Exited>(*client).second.code, 0);
  EXPECT_TRUE(client->stops.empty());
}

TEST_F(TargetFollow, AttachStopsEveryThreadAndDetachLeavesNothing) {
  const Pid pid = start({"idle_threads", "20", "wait"});
  const auto thread = try_attach(*client, pid);
  ASSERT_TRUE(thread.has_value()) << thread.error().text;
  EXPECT_EQ(client->target.threads().size(), 21U);
  for (const auto each : client->target.threads()) EXPECT_TRUE(client->target.stopped(each));
  EXPECT_TRUE(client->target.processes()->was_attached(pid));
  EXPECT_EQ(client->target.thread_facts()->name(*thread), "idle_threads");
  EXPECT_TRUE(client->target.thread_facts()->core(*thread).has_value());
  EXPECT_EQ(client->target.thread_facts()->handle(*thread).size(), 8U);

  const auto again = try_attach(*client, pid);
  EXPECT_EQ(again.error().code, Errc::invalid);
  EXPECT_EQ(client->target.threads().size(), 21U) << "a refused attach changes nothing";
  ASSERT_TRUE(detach(*client, pid).has_value());
  EXPECT_EQ(tracer_of(pid), 0);
  EXPECT_TRUE(client->target.threads().empty());
}

TEST_F(TargetFollow, AttachWithoutHoldLetsItRun) {
  const Pid pid = start({"spin", "2", "wait"});
  ASSERT_TRUE(try_attach(*client, pid, false).has_value());
  for (const auto each : client->target.threads()) EXPECT_FALSE(client->target.stopped(each));
  client->resume({pid, {}}, act::Stop{});
  for (std::size_t i = 0; i < client->target.threads().size(); ++i) expect_stop<stop::Quiet>(*client);
}

TEST_F(TargetFollow, WhatCannotBeAttachedToIsAnErrorThatSaysWhy) {
  const auto nobody = try_attach(*client, Pid{0x7ffffff0});
  ASSERT_FALSE(nobody.has_value());
  EXPECT_FALSE(nobody.error().text.empty());
  EXPECT_FALSE(try_attach(*client, Pid{::getpid()}).has_value());
  EXPECT_TRUE(client->target.threads().empty());
}

TEST_F(TargetFollow, TwoClientsOnOneProcessEachHaveTheirOwnView) {
  const Pid pid = start({"spin", "1", "wait"});
  auto other = debugger();
  ASSERT_TRUE(try_attach(*client, pid).has_value());
  ASSERT_TRUE(try_attach(*other, pid).has_value());
  client->cont();
  drain();
  const auto leader = session::ThreadRef{pid, leader_of(pid)};
  EXPECT_FALSE(client->target.stopped(leader));
  EXPECT_TRUE(other->target.stopped(leader));
  // It stands, for the other holds it: the interrupt is answered at once.
  client->target.interrupt();
  const auto [thread, stop] = expect_stop<stop::Interrupted>(*client);
  EXPECT_TRUE(other->stops.empty());
  // Let go by the other alone it still stands.
  other->cont();
  drain();
  EXPECT_TRUE(client->target.stopped(thread));
  // Both are told of a signal.
  client->cont();
  ::kill(pid.value, SIGUSR1);
  EXPECT_EQ(expect_stop<stop::Signal>(*client).second.number, SIGUSR1);
  EXPECT_EQ(expect_stop<stop::Signal>(*other).second.number, SIGUSR1);
  ASSERT_TRUE(detach(*other, pid).has_value());
}

TEST_F(TargetFollow, AParkedProcessStandsForTheNextClient) {
  const auto thread = launch(*client, {"counter_threads", "1", "5"});
  breakpoint(*client, thread, "tick");
  client->cont();
  expect_stop<stop::SoftwareBreak>(*client);
  client->cont();
  client->target.set_listener(nullptr);
  bool parked = false;
  client->target.park([&] { parked = true; });
  ASSERT_TRUE(until([&] { return parked; }));
  ASSERT_TRUE(client->target.standing_stop().has_value());
  for (const auto each : client->target.threads()) EXPECT_TRUE(client->target.stopped(each));
  client->target.set_listener(client.get());
  client->stops.clear();
  client->cont();
  // The breakpoints went with the client that had set them.
  EXPECT_EQ(expect_stop<stop::Exited>(*client).second.code, 0);
}

TEST_F(TargetFollow, ReleaseKillsWhatWasLaunchedAndDetachesFromTheRest) {
  const auto launched = launch(*client, {"spin"});
  const Pid attached = start({"spin", "1", "wait"});
  ASSERT_TRUE(try_attach(*client, attached).has_value());
  bool released = false;
  client->target.release(true, [&] { released = true; });
  ASSERT_TRUE(until([&] { return released; }));
  EXPECT_EQ(::kill(launched.pid.value, 0), -1);
  EXPECT_EQ(tracer_of(attached), 0);
}

TEST_F(TargetFollow, ADestroyedClientLeavesItsProcessRunning) {
  const Pid pid = start({"spin", "1", "wait"});
  ASSERT_TRUE(try_attach(*client, pid).has_value());
  client.reset();
  ASSERT_TRUE(until([&] { return tracer_of(pid) == 0; }));
}

TEST_F(TargetFollow, ASignalThatTheProgramMayNotGetIsDroppedAtDetach) {
  const Pid pid = start({"sleeping_read"});
  client->target.event_options()->program_signals({SIGUSR2});
  ASSERT_TRUE(try_attach(*client, pid).has_value());
  client->cont();
  ::kill(pid.value, SIGTERM);
  expect_stop<stop::Signal>(*client);
  ASSERT_TRUE(detach(*client, pid).has_value());
  drain();
  int status = 0;
  EXPECT_EQ(::waitpid(pid.value, &status, WNOHANG), 0) << "it lives";
}

TEST_F(TargetFollow, ASignalThatTheProgramMayGetIsPassedOnAtDetach) {
  const Pid pid = start({"sleeping_read"});
  ASSERT_TRUE(try_attach(*client, pid).has_value());
  client->cont();
  ::kill(pid.value, SIGTERM);
  expect_stop<stop::Signal>(*client);
  ASSERT_TRUE(detach(*client, pid).has_value());
  int status = 0;
  ASSERT_EQ(::waitpid(pid.value, &status, 0), pid.value);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

}  // namespace
}  // namespace cotrace::native
