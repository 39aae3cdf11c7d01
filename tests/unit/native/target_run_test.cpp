// Launching, running, stepping and stopping programs.
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <set>
#include <sys/wait.h>

#include "unit/native/debugging.h"

namespace cotrace::native {
namespace {

namespace stop = session::stop;
namespace act = session::act;

class TargetRun : public Debugging {
 protected:
  std::unique_ptr<Debugger> client = debugger();
};

TEST_F(TargetRun, ALaunchedProgramStandsAtItsFirstInstructionAndRunsToItsEnd) {
  const auto thread = launch(*client, {"exits", "code", "3"});
  EXPECT_TRUE(client->target.stopped(thread));
  EXPECT_EQ(client->target.threads(), std::vector{thread});
  EXPECT_FALSE(client->target.processes()->was_attached(thread.pid));
  EXPECT_EQ(client->target.facts()->exec_file(thread.pid), program("exits"));
  ASSERT_TRUE(client->target.standing_stop().has_value());
  EXPECT_EQ(client->target.standing_stop()->thread, thread);
  client->cont();
  const auto [who, end] = expect_stop<stop::Exited>(*client);
  EXPECT_EQ(who.pid, thread.pid);
  EXPECT_EQ(end.code, 3);
  EXPECT_FALSE(end.others_live);
  EXPECT_TRUE(client->target.threads().empty());
  EXPECT_EQ(client->ends.size(), 1U);
}

TEST_F(TargetRun, WithoutAShellOneExecIsEnough) {
  client->target.processes()->set_startup_with_shell(false);
  const auto thread = launch(*client, {"exits", "signal", "6"});
  EXPECT_EQ(client->target.facts()->exec_file(thread.pid), program("exits"));
  client->cont();
  EXPECT_EQ(expect_stop<stop::Signal>(*client).second.number, SIGABRT);
  client->cont(thread, SIGABRT);
  EXPECT_EQ(expect_stop<stop::Killed>(*client).second.signal, SIGABRT);
}

TEST_F(TargetRun, AWrapperIsRunFirst) {
  client = debugger({.wrapper = {"env", "COTRACE_WRAPPED=1"}});
  const auto thread = launch(*client, {"exits", "code", "0"});
  EXPECT_EQ(client->target.facts()->exec_file(thread.pid), program("exits"));
}

TEST_F(TargetRun, AProgramThatIsNotThereIsToldWithTheReason) {
  const auto through_shell = try_launch(*client, {"/no/such/program"});
  ASSERT_FALSE(through_shell.has_value());
  EXPECT_EQ(through_shell.error().sys_errno, 0);
  EXPECT_EQ(through_shell.error().text, "During startup program exited with code 127.");
  client->target.processes()->set_startup_with_shell(false);
  const auto direct = try_launch(*client, {"/no/such/program"});
  ASSERT_FALSE(direct.has_value());
  EXPECT_EQ(direct.error().sys_errno, ENOENT);
  EXPECT_EQ(direct.error().text, "Cannot exec /no/such/program");
  EXPECT_TRUE(client->target.threads().empty());
  EXPECT_TRUE(client->stops.empty()) << "nothing of it is a stop";
}

TEST_F(TargetRun, TheProgramLaunchedLastCanBeLaunchedAgain) {
  EXPECT_FALSE(try_launch(*client, {}).has_value());
  const auto first = launch(*client, {"exits", "code", "4"});
  EXPECT_TRUE(kill(*client, first.pid).has_value());
  const auto second = try_launch(*client, {});
  ASSERT_TRUE(second.has_value());
  client->cont();
  EXPECT_EQ(expect_stop<stop::Exited>(*client).second.code, 4);
}

TEST_F(TargetRun, ABreakpointStopsEachThreadAtItsAddress) {
  const auto main = launch(*client, {"counter_threads", "2", "1"});
  const Addr tick = breakpoint(*client, main, "tick");
  client->cont();
  std::set<int> threads;
  for (int i = 0; i < 2; ++i) {
    const auto [thread, hit] = expect_stop<stop::SoftwareBreak>(*client);
    threads.insert(thread.tid.value);
    EXPECT_EQ(pc(*client, thread), tick.value);
    client->cont(thread);
  }
  EXPECT_EQ(threads.size(), 2U);
  EXPECT_EQ(expect_stop<stop::Exited>(*client).second.code, 0);
}

TEST_F(TargetRun, AClientWithoutSwbreakFindsThePcWhereTheProcessorLeftIt) {
  client->target.event_options()->want({});
  const auto main = launch(*client, {"counter_threads", "1", "2"});
  const Addr tick = breakpoint(*client, main, "tick");
  client->cont();
  const auto [thread, hit] = expect_stop<stop::SoftwareBreak>(*client);
  EXPECT_EQ(pc(*client, thread), tick.value + 1);
  // It puts the pc back itself.
  const std::uint64_t address = tick.value;
  ASSERT_TRUE(client->target.write_register(thread, 16, std::as_bytes(std::span(&address, 1))).has_value());
  client->cont(thread);
  expect_stop<stop::SoftwareBreak>(*client);
}

TEST_F(TargetRun, SteppingOneThreadLeavesTheOthersStanding) {
  const auto main = launch(*client, {"counter_threads", "2", "1"});
  breakpoint(*client, main, "tick");
  client->cont();
  const auto [thread, hit] = expect_stop<stop::SoftwareBreak>(*client);
  halt(*client);
  client->stops.clear();
  const auto before = pc(*client, thread);
  for (int i = 0; i < 5; ++i) {
    client->step(thread);
    const auto [who, step] = expect_stop<stop::Step>(*client);
    EXPECT_EQ(who, thread);
  }
  EXPECT_NE(pc(*client, thread), before);
  for (const auto other : client->target.threads()) EXPECT_TRUE(client->target.stopped(other));
}

TEST_F(TargetRun, ARangeStepEndsOutsideOfItsRange) {
  const auto thread = launch(*client, {"exits", "code", "0"});
  const Addr start{pc(*client, thread)};
  client->resume({thread.pid, thread.tid}, act::RangeStep{start, start + 3});
  expect_stop<stop::Step>(*client);
  const Addr end{pc(*client, thread)};
  EXPECT_FALSE(start <= end && end < start + 3);
  // An empty range is one step.
  client->resume({thread.pid, thread.tid}, act::RangeStep{end, end});
  expect_stop<stop::Step>(*client);
}

TEST_F(TargetRun, HaltStopsEveryRunningThreadAndSaysSoOnce) {
  launch(*client, {"spin", "3"});
  client->cont();
  ASSERT_TRUE(until([&] { return client->target.threads().size() == 4; }));
  halt(*client);
  EXPECT_EQ(client->halted, 1);
  EXPECT_TRUE(client->stops.empty());
  for (const auto thread : client->target.threads()) EXPECT_TRUE(client->target.stopped(thread));
  halt(*client);  // with everything standing
  EXPECT_EQ(client->halted, 2);
}

TEST_F(TargetRun, AnInterruptIsReportedByOneThreadAndTakesASignal) {
  const auto thread = launch(*client, {"spin"});
  client->cont();
  drain();
  client->target.interrupt();
  const auto [who, stop] = expect_stop<stop::Interrupted>(*client);
  EXPECT_EQ(who, thread);
  client->cont(who, SIGTERM);
  expect_stop<stop::Killed>(*client);
}

TEST_F(TargetRun, AQuietStopIsAskedForByThread) {
  const auto thread = launch(*client, {"spin"});
  client->cont();
  drain();
  client->resume({thread.pid, thread.tid}, act::Stop{});
  client->resume({thread.pid, thread.tid}, act::Stop{});  // once more changes nothing
  EXPECT_EQ(expect_stop<stop::Quiet>(*client).first, thread);
  client->resume({thread.pid, thread.tid}, act::Stop{});  // it stands: nothing
  drain();
  EXPECT_TRUE(client->stops.empty());
}

TEST_F(TargetRun, ASignalStopsAndIsSuppressedOrPassedOnAsTheClientSays) {
  launch(*client, {"exits", "signal", "15"});
  client->cont();
  auto [thread, signal] = expect_stop<stop::Signal>(*client);
  EXPECT_EQ(signal.number, SIGTERM);
  const auto info = client->target.signal_info()->read(thread);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(reinterpret_cast<const SigInfo*>(info->data())->si_signo, SIGTERM);
  client->cont(thread, SIGKILL);  // another one instead
  EXPECT_EQ(expect_stop<stop::Killed>(*client).second.signal, SIGKILL);
}

TEST_F(TargetRun, PassedSignalsDoNotStop) {
  client->target.event_options()->pass_signals({SIGUSR1, SIGUSR2, SIGRTMIN, SIGCHLD});
  launch(*client, {"signals", "handled", "3"});
  client->cont();
  EXPECT_EQ(expect_stop<stop::Exited>(*client).second.code, 0);
}

TEST_F(TargetRun, CaughtSystemCallsAreToldAtEntryAndReturn) {
  constexpr std::uint64_t getppid_number = 110;
  const auto thread = launch(*client, {"syscalls", "1"});
  ASSERT_TRUE(client->target.syscalls()->catch_syscalls(thread.pid, std::vector{getppid_number}).has_value());
  client->cont();
  EXPECT_EQ(expect_stop<stop::SyscallEntry>(*client).second.number, getppid_number);
  client->cont();
  EXPECT_EQ(expect_stop<stop::SyscallReturn>(*client).second.number, getppid_number);
  ASSERT_TRUE(client->target.syscalls()->catch_syscalls(thread.pid, std::nullopt).has_value());
  client->cont();
  EXPECT_EQ(expect_stop<stop::Exited>(*client).second.code, 0);
}

TEST_F(TargetRun, ThreadsAreToldOfWhenAsked) {
  client->target.event_options()->thread_events(true);
  const auto main = launch(*client, {"counter_threads", "1", "1"});
  client->cont();
  const auto [born, created] = expect_stop<stop::ThreadCreated>(*client);
  EXPECT_NE(born, main);
  EXPECT_TRUE(client->target.stopped(born));
  client->cont(born);
  EXPECT_EQ(expect_stop<stop::ThreadExited>(*client).first, born);
  EXPECT_EQ(expect_stop<stop::Exited>(*client).second.code, 0);
}

TEST_F(TargetRun, WhenTheLastResumedThreadEndsNothingIsLeftToWaitFor) {
  const auto main = launch(*client, {"counter_threads", "1", "1"});
  breakpoint(*client, main, "tick");
  client->cont();
  const auto [thread, hit] = expect_stop<stop::SoftwareBreak>(*client);
  halt(*client);
  client->cont(thread);
  expect_stop<stop::NoResumed>(*client);
  EXPECT_FALSE(client->target.alive(thread));
  client->cont();
  expect_stop<stop::Exited>(*client);
}

TEST_F(TargetRun, ALeaderThatHasExitedIsNoThreadAnyMore) {
  const auto leader = launch(*client, {"leader_exits", "9"});
  const Addr somewhere = symbol(leader.pid, "after_leader");
  client->cont();
  ASSERT_TRUE(until([&] {
    const auto threads = client->target.threads();
    return threads.size() == 1 && threads[0] != leader;
  }));
  EXPECT_FALSE(client->target.alive(leader));
  halt(*client);  // which must not wait for a zombie
  EXPECT_EQ(client->target.processes()->list(), std::vector{leader.pid});
  std::array<std::byte, 4> bytes{};
  EXPECT_TRUE(client->target.read_memory(leader, somewhere, bytes).has_value());
  EXPECT_TRUE(kill(*client, leader.pid).has_value());
}

TEST_F(TargetRun, ExecEndsTheOtherThreadsAndTheBreakpoints) {
  client->target.event_options()->want({.exec = true, .swbreak = true});
  const auto main = launch(*client, {"exec_thread", "1"});
  breakpoint(*client, main, "main");
  client->cont();
  expect_stop<stop::SoftwareBreak>(*client);
  client->cont();
  const auto [thread, exec] = expect_stop<stop::Exec>(*client);
  EXPECT_EQ(thread, main) << "under the leader's id";
  EXPECT_EQ(exec.path, program("exec_thread"));
  EXPECT_EQ(client->target.threads(), std::vector{main});
  client->cont();
  EXPECT_EQ(expect_stop<stop::Exited>(*client).second.code, 42);
}

TEST_F(TargetRun, RegistersAreReadAndWrittenAsABlockAndOneByOne) {
  const auto thread = launch(*client, {"exits", "code", "0"});
  const auto set = client->target.register_set(thread);
  ASSERT_TRUE(set.has_value());
  std::vector<std::byte> block(set->block_size);
  std::vector<bool> valid;
  ASSERT_TRUE(client->target.read_registers(thread, block, valid).has_value());
  EXPECT_EQ(valid.size(), set->fields.size());
  EXPECT_TRUE(valid[0] && valid[16]);
  const std::uint64_t rbx = 0x1122334455667788;
  std::memcpy(block.data() + set->fields[1].offset, &rbx, sizeof rbx);
  ASSERT_TRUE(client->target.write_registers(thread, block).has_value());
  const auto one = client->target.read_register(thread, 1);
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(std::memcmp(one->data(), &rbx, sizeof rbx), 0);

  EXPECT_EQ(client->target.read_register(thread, 9999).error().code, Errc::invalid);
  EXPECT_EQ(client->target.write_register(thread, 1, {}).error().code, Errc::invalid);
  EXPECT_FALSE(client->target.write_registers(thread, std::span(block).first(10)).has_value());
  client->resume({}, act::Continue{});
  EXPECT_EQ(client->target.read_register(thread, 1).error().code, Errc::not_stopped);
}

TEST_F(TargetRun, A32BitProgramHasItsOwnRegisters) {
  const auto thread = launch(*client, {"hello_32"});
  const auto set = client->target.register_set(thread);
  ASSERT_TRUE(set.has_value());
  EXPECT_EQ(set->fields[0].name, "eax");
  EXPECT_EQ(set->fields[0].bits, 32);
  client->cont();
  expect_stop<stop::Exited>(*client);
}

// gdb calls functions in threads that it has stopped: registers that are saved in the middle of a clone, and
// put back, make it fail.
TEST_F(TargetRun, NoThreadIsHaltedInTheMiddleOfACloneCall) {
  launch(*client, {"thread_storm", "5", "4"});
  const auto number_of = [&](session::ThreadRef thread, int reg) {
    std::int64_t out = 0;
    const auto value = client->target.read_register(thread, reg);
    if (value) std::memcpy(&out, value->data(), sizeof out);
    return out;
  };
  constexpr int rax = 0, orig_rax = 57;
  constexpr std::int64_t clone_number = 56, clone3_number = 435;
  int seen = 0;
  for (int i = 0; i < 100 && client->ends.empty(); ++i) {
    client->cont();
    reactor->run_once(std::chrono::milliseconds(20));
    halt(*client);
    for (const auto thread : client->target.threads()) {
      const auto call = number_of(thread, orig_rax);
      if (call != clone_number && call != clone3_number) continue;
      ++seen;
      EXPECT_NE(number_of(thread, rax), -ENOSYS);
    }
  }
  EXPECT_GT(seen, 0) << "new threads stand at the end of the call that made them";
}

// A thread that is made while its maker's stop is on its way was not there to be asked.
TEST_F(TargetRun, StoppingAProcessStopsTheThreadsThatItMakesMeanwhile) {
  const Pid pid = start({"thread_storm", "20", "4", "wait"});
  ASSERT_TRUE(try_attach(*client, pid).has_value());
  for (int round = 0; round < 40; ++round) {
    client->resume({pid, std::nullopt}, act::Continue{});
    reactor->run_once(std::chrono::milliseconds(5));
    client->resume({pid, std::nullopt}, act::Stop{});
    const auto all_stand = [&] {
      return std::ranges::all_of(client->target.threads(),
                                 [&](auto one) { return client->target.stopped(one); });
    };
    ASSERT_TRUE(until(all_stand)) << "round " << round;
    reactor->run_once(std::chrono::milliseconds(5));
    ASSERT_TRUE(all_stand()) << "round " << round;
  }
  EXPECT_TRUE(detach(*client, pid).has_value());
}

TEST_F(TargetRun, AKilledProgramIsGoneWithoutAReport) {
  const auto thread = launch(*client, {"spin", "2"});
  client->cont();
  drain();
  EXPECT_TRUE(kill(*client, thread.pid).has_value());
  EXPECT_TRUE(client->target.threads().empty());
  EXPECT_TRUE(client->stops.empty());
  EXPECT_TRUE(client->ends.empty());
  EXPECT_EQ(kill(*client, thread.pid).error().code, Errc::no_such_process);
}

TEST_F(TargetRun, DeathByAnothersHandIsReportedAtAnyMoment) {
  const auto thread = launch(*client, {"spin", "2"});
  ::kill(thread.pid.value, SIGKILL);  // while it stands
  EXPECT_EQ(expect_stop<stop::Killed>(*client).second.signal, SIGKILL);
  EXPECT_TRUE(client->target.threads().empty());
}

}  // namespace
}  // namespace cotrace::native
