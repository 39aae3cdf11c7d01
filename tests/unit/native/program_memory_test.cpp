// Memory that a program is made to map for its debugger.
#include <csignal>
#include <fstream>
#include <unistd.h>

#include "unit/native/debugging.h"

namespace cotrace::native {
namespace {

namespace stop = session::stop;
using Rights = session::ProgramMemory::Rights;

std::string maps_of(Pid pid) {
  std::ifstream file("/proc/" + std::to_string(pid.value) + "/maps");
  return {std::istreambuf_iterator<char>(file), {}};
}

class TargetProgramMemory : public Debugging {
 protected:
  Result<Addr> allocate(Debugger& client, session::ThreadRef thread, std::uint64_t size, Rights rights) {
    std::optional<Result<Addr>> out;
    client.target.program_memory()->allocate(thread, size, rights, [&](Result<Addr> got) { out = got; });
    EXPECT_TRUE(until([&] { return out.has_value(); }));
    return *out;
  }
  Result<> deallocate(Debugger& client, session::ThreadRef thread, Addr address) {
    std::optional<Result<>> out;
    client.target.program_memory()->deallocate(thread, address, [&](Result<> done) { out = done; });
    EXPECT_TRUE(until([&] { return out.has_value(); }));
    return *out;
  }
  static std::vector<std::byte> registers(Debugger& client, session::ThreadRef thread) {
    const auto set = client.target.register_set(thread);
    std::vector<std::byte> block(set->block_size);
    std::vector<bool> valid;
    EXPECT_TRUE(client.target.read_registers(thread, block, valid));
    return block;
  }
};

TEST_F(TargetProgramMemory, IsTheProgramsOwnUntilItIsGivenBack) {
  for (const auto* name : {"counter_threads", "counter_threads_32", "counter_threads_static"}) {
    const auto client = debugger();
    const auto thread = launch(*client, {name, "1", "1"});
    EXPECT_EQ(allocate(*client, thread, 1, {.read = true}).error().code, Errc::not_stopped)
        << "it is still in its exec";
    client->step(thread);
    (void)expect_stop<stop::Step>(*client);
    const auto before = registers(*client, thread);
    const auto there = allocate(*client, thread, 5000, {.read = true, .write = true});
    ASSERT_TRUE(there) << name << ": " << there.error().text;
    const std::array<std::byte, 2> bytes{std::byte{1}, std::byte{2}};
    EXPECT_TRUE(client->target.write_memory(thread, *there + 8000, bytes)) << "two pages";
    const auto region = client->target.system_facts()->region(thread.pid, *there);
    ASSERT_TRUE(region);
    EXPECT_TRUE(region->mapped && region->read && region->write && !region->execute);
    EXPECT_TRUE(deallocate(*client, thread, *there));
    EXPECT_FALSE(client->target.write_memory(thread, *there, bytes));
    EXPECT_FALSE(deallocate(*client, thread, *there)) << "a second time";
    EXPECT_EQ(registers(*client, thread), before);
    client->cont();
    const auto [process, end] = expect_stop<stop::Exited>(*client);
    EXPECT_EQ(end.code, 0) << name;
  }
}

TEST_F(TargetProgramMemory, RegistersAndBreakpointsAreAsBefore) {
  const auto client = debugger();
  const auto thread = launch(*client, {"counter_threads", "1", "5"});
  breakpoint(*client, thread, "tick");
  int hits = 0;
  for (client->cont();; client->cont()) {
    const auto report = next_stop(*client);
    if (std::holds_alternative<stop::Exited>(report.reason)) break;
    ASSERT_TRUE(std::holds_alternative<stop::SoftwareBreak>(report.reason));
    ++hits;
    halt(*client);
    const auto before = registers(*client, report.thread);
    const auto there = allocate(*client, report.thread, 1, {.read = true, .execute = true});
    ASSERT_TRUE(there) << there.error().text;
    EXPECT_EQ(registers(*client, report.thread), before);
    EXPECT_TRUE(client->target.write_register(report.thread, 0, std::span(before).first(8)))
        << "it is not stale";
    // Over the breakpoint as lldb goes: out, a step, in again.
    EXPECT_TRUE(client->target.points()->remove(report.thread, session::PointType::software,
                                                Addr{pc(*client, report.thread)}, 1));
    client->step(report.thread);
    (void)expect_stop<stop::Step>(*client);
    breakpoint(*client, report.thread, "tick");
  }
  EXPECT_GE(hits, 2);
}

TEST_F(TargetProgramMemory, GoesAtDetach) {
  const Pid pid = start({"counter_threads", "2", "5", "wait"});
  const auto before = maps_of(pid);
  {
    const auto client = debugger();
    const auto thread = try_attach(*client, pid);
    ASSERT_TRUE(thread);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(allocate(*client, *thread, 4096, {.read = true}));
    EXPECT_NE(maps_of(pid), before);
    ASSERT_TRUE(detach(*client, pid));
  }
  EXPECT_EQ(maps_of(pid), before);
  EXPECT_EQ(tracer_of(pid), 0);
}

// The kernel puts an interrupted call back together when its thread goes on.
TEST_F(TargetProgramMemory, AThreadThatSleptInACallSleepsOn) {
  const Pid pid = start({"counter_threads", "2", "5", "wait"});
  const auto client = debugger();
  const auto thread = try_attach(*client, pid);
  ASSERT_TRUE(thread);
  for (const auto& each : client->target.threads()) {
    const auto before = registers(*client, each);
    const auto there = allocate(*client, each, 4096, {.read = true});
    ASSERT_TRUE(there) << there.error().text;
    EXPECT_EQ(registers(*client, each), before);
    EXPECT_TRUE(deallocate(*client, each, *there));
  }
  client->cont();
  drain();
  EXPECT_TRUE(client->stops.empty());
  EXPECT_EQ(client->ends.size(), 0U);
  ASSERT_TRUE(kill(*client, pid));
}

TEST_F(TargetProgramMemory, NobodyRunsForItWhoMustNot) {
  const auto client = debugger();
  const Pid pid = start({"counter_threads", "1", "5", "wait"});
  const auto thread = try_attach(*client, pid);
  ASSERT_TRUE(thread);
  client->cont();
  EXPECT_EQ(allocate(*client, *thread, 1, {.read = true}).error().code, Errc::not_stopped);
  halt(*client);
  const auto other = debugger();
  ASSERT_TRUE(try_attach(*other, pid));
  EXPECT_EQ(allocate(*client, *thread, 1, {.read = true}).error().code, Errc::not_stopped)
      << "another one holds it";
  ASSERT_TRUE(detach(*other, pid));
  EXPECT_TRUE(allocate(*client, *thread, 1, {.read = true}));
  ASSERT_TRUE(kill(*client, pid));
}

TEST_F(TargetProgramMemory, ADeathMeanwhileIsAnAnswer) {
  for (int i = 0; i < 20; ++i) {
    const auto client = debugger();
    const auto thread = launch(*client, {"counter_threads", "1", "1"});
    std::optional<Result<Addr>> out;
    client->target.program_memory()->allocate(thread, 1, {.read = true},
                                              [&](Result<Addr> got) { out = got; });
    ::kill(thread.pid.value, SIGKILL);
    EXPECT_TRUE(until([&] { return out.has_value() && !client->ends.empty(); }));
  }
}

}  // namespace
}  // namespace cotrace::native
