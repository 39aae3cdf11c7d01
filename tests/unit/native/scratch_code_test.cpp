// Where gdb puts the instructions that it steps: each client's and process's own.
#include "native/scratch_code.h"

#include <algorithm>
#include <array>

#include "linux/memory.h"
#include "unit/native/debugging.h"

namespace cotrace::native {
namespace {

namespace stop = session::stop;

using Place = std::array<std::byte, ScratchCode::place_size>;

Place filled(unsigned char with) {
  Place place{};
  place.fill(std::byte{with});
  return place;
}

TEST(ScratchCode, ItsPlacesAreTwoBehindTheEntryPoint) {
  const ScratchCode scratch{Addr{0x1000}};
  EXPECT_TRUE(scratch.is_place(Addr{0x1002}, 16));
  EXPECT_TRUE(scratch.is_place(Addr{0x1012}, 16));
  EXPECT_FALSE(scratch.is_place(Addr{0x1022}, 16));
  EXPECT_FALSE(scratch.is_place(Addr{0x1000}, 16));
  EXPECT_FALSE(scratch.is_place(Addr{0xff2}, 16));
  EXPECT_FALSE(scratch.is_place(Addr{0x1002}, 1)) << "a breakpoint by hand";
  EXPECT_FALSE(scratch.is_place(Addr{0x100a}, 16));
}

TEST(ScratchCode, WhatIsKeptIsReadAndSteppedUntilTheProgramsBytesAreWrittenBack) {
  ScratchCode scratch{Addr{0x1000}};
  const Place original = filled(1), copy = filled(2);
  scratch.keep(Addr{0x1012}, copy, original);
  EXPECT_FALSE(scratch.empty());
  std::array<std::byte, 20> read{};
  scratch.show(Addr{0x1010}, read);
  EXPECT_EQ(read[1], std::byte{0});
  EXPECT_EQ(read[2], std::byte{2});
  EXPECT_EQ(read[17], std::byte{2});
  EXPECT_EQ(read[18], std::byte{0});
  EXPECT_FALSE(scratch.at(Addr{0x1011}).has_value());
  ASSERT_TRUE(scratch.at(Addr{0x1012}).has_value());
  EXPECT_EQ(scratch.at(Addr{0x1012})->code.size(), 16U);
  EXPECT_EQ(scratch.at(Addr{0x1021})->code.size(), 1U);
  EXPECT_FALSE(scratch.at(Addr{0x1022}).has_value());
  scratch.keep(Addr{0x1012}, original, original);
  EXPECT_TRUE(scratch.empty());
  EXPECT_FALSE(scratch.at(Addr{0x1012}).has_value());
}

class TargetScratch : public Debugging {
 protected:
  static Addr place_of(Pid pid) { return symbol(pid, "_start") + 2; }
  static Place read(Debugger& by, session::ThreadRef thread) {
    Place bytes{};
    EXPECT_EQ(by.target.read_memory(thread, place_of(thread.pid), bytes), bytes.size());
    return bytes;
  }
  static Place in_memory(Pid pid) {
    Place bytes{};
    auto memory = sys::ProcessMemory::open(Tid{pid.value});
    EXPECT_TRUE(memory && memory->read(place_of(pid), bytes));
    return bytes;
  }
  // As gdb does: mov $N,%eax, and the pc there.
  void put(Debugger& by, session::ThreadRef thread, unsigned char number) {
    Place code = filled(0x90);
    constexpr std::array<unsigned char, 5> move{0xb8, 0, 0, 0, 0};
    std::ranges::transform(move, code.begin(), [](unsigned char byte) { return std::byte{byte}; });
    code[1] = std::byte{number};
    ASSERT_TRUE(by.target.write_memory(thread, place_of(thread.pid), code).has_value());
    const std::uint64_t at = place_of(thread.pid).value;
    ASSERT_TRUE(by.target.write_register(thread, 16, std::as_bytes(std::span(&at, 1))).has_value());
  }
  static unsigned char rax(Debugger& by, session::ThreadRef thread) {
    return static_cast<unsigned char>(by.target.read_register(thread, 0)->front());
  }

  std::unique_ptr<Debugger> client = debugger();
};

TEST_F(TargetScratch, ProcessesThatShareTheirMemoryHaveEachItsOwn) {
  client->target.event_options()->want({.fork = true, .vfork = true, .exec = false, .swbreak = true});
  const auto parent = launch(*client, {"forks", "clone_vm", "1"});
  client->cont();
  const auto [who, fork] = expect_stop<stop::Fork>(*client);
  const Place original = in_memory(parent.pid);
  // Out of the call: in the middle of it a step carries out no instruction.
  client->step(parent);
  EXPECT_EQ(expect_stop<stop::Step>(*client).first, parent);
  put(*client, parent, 1);
  put(*client, fork.child, 2);
  EXPECT_EQ(read(*client, parent)[1], std::byte{1});
  EXPECT_EQ(read(*client, fork.child)[1], std::byte{2});
  EXPECT_EQ(in_memory(parent.pid), original);
  for (const auto thread : {parent, fork.child}) {
    client->step(thread);
    EXPECT_EQ(expect_stop<stop::Step>(*client).first, thread);
  }
  EXPECT_EQ(rax(*client, parent), 1);
  EXPECT_EQ(rax(*client, fork.child), 2);
  EXPECT_EQ(pc(*client, parent), place_of(parent.pid).value + 5);
  EXPECT_EQ(pc(*client, fork.child), place_of(parent.pid).value + 5);
  EXPECT_EQ(in_memory(parent.pid), original);
  ASSERT_TRUE(kill(*client, fork.child.pid).has_value());
  ASSERT_TRUE(kill(*client, parent.pid).has_value());
}

TEST_F(TargetScratch, TwoClientsHaveEachItsOwn) {
  const Pid pid = start({"spin", "1", "wait"});
  auto other = debugger();
  ASSERT_TRUE(try_attach(*client, pid).has_value());
  ASSERT_TRUE(try_attach(*other, pid).has_value());
  const auto threads = client->target.threads();
  const Place original = in_memory(pid);
  put(*client, threads[0], 1);
  put(*other, threads[1], 2);
  EXPECT_EQ(read(*client, threads[0])[1], std::byte{1});
  EXPECT_EQ(read(*other, threads[0])[1], std::byte{2});
  // Each thread stands for both.
  client->cont(threads[1]);
  other->cont(threads[0]);
  client->step(threads[0]);
  other->step(threads[1]);
  EXPECT_EQ(expect_stop<stop::Step>(*client).first, threads[0]);
  EXPECT_EQ(expect_stop<stop::Step>(*other).first, threads[1]);
  EXPECT_EQ(rax(*client, threads[0]), 1);
  EXPECT_EQ(rax(*other, threads[1]), 2);
  EXPECT_EQ(in_memory(pid), original);
}

TEST_F(TargetScratch, CodeThatIsToRunOnIsTheProgramsOwn) {
  const auto thread = launch(*client, {"spin", "0"});
  // An endless loop, patched in by hand, and run.
  Place loop = filled(0x90);
  loop[0] = std::byte{0xeb};
  loop[1] = std::byte{0xfe};
  const Addr place = place_of(thread.pid);
  ASSERT_TRUE(client->target.write_memory(thread, place, loop).has_value());
  ASSERT_TRUE(
      client->target.write_register(thread, 16, std::as_bytes(std::span(&place.value, 1))).has_value());
  client->cont();
  halt(*client);
  EXPECT_EQ(pc(*client, thread), place.value);
  EXPECT_EQ(in_memory(thread.pid), loop);
}

}  // namespace
}  // namespace cotrace::native
