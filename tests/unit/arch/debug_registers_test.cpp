#include "arch/x86_64/debug_registers.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "unit/arch/processor.h"

namespace cotrace::test {
namespace {

using arch::x86_64::cover;
using arch::x86_64::DebugRegisters;
using arch::x86_64::DebugSlot;
using arch::x86_64::WatchKind;

std::vector<int> lengths(std::uint64_t address, std::uint64_t length) {
  std::vector<int> out;
  std::uint64_t next = address;
  for (const DebugSlot& slot :
       cover(Addr{address}, length, WatchKind::write).value_or(std::vector<DebugSlot>{})) {
    EXPECT_EQ(slot.address.value, next);
    EXPECT_EQ(next % slot.length, 0u) << "the processor ignores the low bits of the address";
    next += slot.length;
    out.push_back(slot.length);
  }
  return out;
}

TEST(Cover, UsesAsFewAlignedPiecesAsThereCanBe) {
  using Pieces = std::vector<int>;
  EXPECT_EQ(lengths(0x1000, 1), Pieces{1});
  EXPECT_EQ(lengths(0x1000, 8), Pieces{8});
  EXPECT_EQ(lengths(0x1004, 8), (Pieces{4, 4}));
  EXPECT_EQ(lengths(0x1001, 7), (Pieces{1, 2, 4}));
  EXPECT_EQ(lengths(0x1001, 8), (Pieces{1, 2, 4, 1}));
  EXPECT_EQ(lengths(0x1000, 3), (Pieces{2, 1}));
  EXPECT_EQ(lengths(0x1000, 32), (Pieces{8, 8, 8, 8}));
}

TEST(Cover, FourPiecesOrNothing) {
  EXPECT_EQ(cover(Addr{0x1000}, 33, WatchKind::write), std::nullopt);
  EXPECT_EQ(cover(Addr{0x1001}, 16, WatchKind::write), std::nullopt);
  EXPECT_EQ(cover(Addr{0x1000}, 0, WatchKind::write), std::nullopt);
  EXPECT_EQ(cover(Addr{0x1000}, UINT64_MAX, WatchKind::write), std::nullopt);
  EXPECT_EQ(cover(Addr{UINT64_MAX}, 2, WatchKind::write), std::nullopt);
  EXPECT_EQ(cover(Addr{UINT64_MAX}, 1, WatchKind::write)->size(), 1u);
}

TEST(Cover, AnInstructionIsWatchedByItsFirstByte) {
  EXPECT_EQ(cover(Addr{0x1003}, 1, WatchKind::execute)->front(),
            (DebugSlot{Addr{0x1003}, 1, WatchKind::execute}));
  EXPECT_EQ(cover(Addr{0x1000}, 4, WatchKind::execute), std::nullopt);
}

constexpr DebugSlot slot(std::uint64_t address, std::uint8_t length, WatchKind kind = WatchKind::write) {
  return {Addr{address}, length, kind};
}

TEST(DebugRegistersTest, EncodesLengthAndKind) {
  DebugRegisters all;
  EXPECT_FALSE(all.any());
  EXPECT_EQ(all.control_register(), 0u);
  const DebugSlot slots[] = {slot(0x1000, 1, WatchKind::execute), slot(0x2000, 2),
                             slot(0x3000, 4, WatchKind::read_write), slot(0x4000, 8)};
  ASSERT_TRUE(all.add(slots));
  // From slot 3 down: length 8 = 10, write = 01; 4 = 11, access = 11; 2 = 01, write = 01; 1 = 00, execute =
  // 00.
  EXPECT_EQ(all.control_register(), 0b1001'1111'0101'0000'0000'0000'0101'0101u);
  EXPECT_EQ(all.address_register(0), 0x1000u);
  EXPECT_EQ(all.address_register(3), 0x4000u);
  EXPECT_EQ(all.address_register(4), 0u);
  EXPECT_EQ(all.address_register(-1), 0u);
}

TEST(DebugRegistersTest, EqualSlotsAreSharedAndCounted) {
  DebugRegisters all;
  const DebugSlot same[] = {slot(0x1000, 8)};
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(all.add(same));
  EXPECT_EQ(all.control_register() & 0xff, 1u);
  for (int i = 0; i < 9; ++i) all.remove(same);
  EXPECT_TRUE(all.any());
  all.remove(same);
  EXPECT_FALSE(all.any());
  EXPECT_EQ(all, DebugRegisters{});
  all.remove(same);  // one too many does no harm
  EXPECT_EQ(all, DebugRegisters{});
}

TEST(DebugRegistersTest, WriteAndAccessOfOneAddressAreTwoSlots) {
  DebugRegisters all;
  const DebugSlot both[] = {slot(0x1000, 8), slot(0x1000, 8, WatchKind::read_write)};
  ASSERT_TRUE(all.add(both));
  EXPECT_EQ(all.control_register() & 0xff, 0b0101u);
}

TEST(DebugRegistersTest, AllOrNothing) {
  DebugRegisters all;
  const DebugSlot three[] = {slot(0x1000, 8), slot(0x1008, 8), slot(0x1010, 8)};
  const DebugSlot two[] = {slot(0x2000, 8), slot(0x2008, 8)};
  ASSERT_TRUE(all.add(three));
  const DebugRegisters before = all;
  EXPECT_EQ(all.add(two).error().code, Errc::no_resources);
  EXPECT_EQ(all, before);
  ASSERT_TRUE(all.add(std::span(two).first(1)));
  EXPECT_TRUE(all.add(three)) << "shared ones need no slot";
}

TEST(DebugRegistersTest, TheOthersKeepTheirSlotsWhenOneGoes) {
  DebugRegisters all;
  const DebugSlot three[] = {slot(0x1000, 8), slot(0x1008, 8), slot(0x1010, 8)};
  ASSERT_TRUE(all.add(three));
  all.remove(std::span(three).subspan(1, 1));
  EXPECT_EQ(all.control_register() & 0xff, 0b010001u);
  EXPECT_EQ(all.address_register(1), 0u);
  EXPECT_EQ(all.address_register(2), 0x1010u);
  EXPECT_EQ(all.triggered(0b1111), (std::vector{three[0], three[2]})) << "bits of unused slots mean nothing";
  EXPECT_TRUE(all.triggered(0x4000).empty()) << "a step is no watchpoint";
}

// The kernel and the processor understand the values.
TEST(DebugRegistersTest, WatchARealTask) {
  const Processor processor;
  DebugRegisters all;
  const std::uint64_t watched = processor.data_address() + 16;
  const DebugSlot slots[] = {slot(watched - 8, 4), slot(watched, 8),
                             slot(processor.code() + 6, 1, WatchKind::execute)};
  ASSERT_TRUE(all.add(slots));
  for (int i = 0; i < DebugRegisters::slots; ++i) processor.set_debug_register(i, all.address_register(i));
  processor.set_debug_register(7, all.control_register());
  // mov rax, [rbx+20]; mov [rbx+20], al; nop; nop; int3
  processor.put(processor.code(), bytes("8b 43 14 88 43 14 90 90 cc"));
  GeneralRegs regs = processor.plain_registers();
  regs.rip = processor.code();
  regs.rbx = processor.data_address();
  auto outcome = processor.run(regs);
  EXPECT_EQ(outcome.signal, SIGTRAP);
  EXPECT_EQ(outcome.regs.rip, processor.code() + 6) << "a watchpoint traps after the access";
  // The slot of the next instruction traps before it, and both may come together.
  auto hit = all.triggered(processor.debug_register(6));
  ASSERT_FALSE(hit.empty());
  EXPECT_EQ(hit.front(), slots[1]);
  processor.set_debug_register(6, 0);
  outcome = processor.run(outcome.regs);
  EXPECT_EQ(outcome.regs.rip, processor.code() + 6);
  hit = all.triggered(processor.debug_register(6));
  ASSERT_EQ(hit.size(), 1u);
  EXPECT_EQ(hit.front(), slots[2]);
}

}  // namespace
}  // namespace cotrace::test
