// What relocate() gives out and what leave_copy() makes of it, without running anything.
#include <cstring>
#include <gtest/gtest.h>
#include <map>

#include "unit/arch/processor.h"

namespace cotrace::test {
namespace {

using arch::x86_64::enter_copy;
using arch::x86_64::leave_copy;
using arch::x86_64::relocate;
using arch::x86_64::Relocated;

constexpr Addr from{0x401000};
constexpr Addr to{0x7ffff7ff0000};

// Sixteen bytes of stack and nothing else.
class TinyStack : public MemoryAccess {
 public:
  static constexpr std::uint64_t top = 0x7fffffff0000;
  bool read(Addr address, std::span<std::byte> out) override {
    if (broken || address.value < top || address.value - top + out.size() > sizeof bytes_) return false;
    std::memcpy(out.data(), bytes_ + (address.value - top), out.size());
    return true;
  }
  bool write(Addr address, std::span<const std::byte> in) override {
    if (broken || address.value < top || address.value - top + in.size() > sizeof bytes_) return false;
    std::memcpy(bytes_ + (address.value - top), in.data(), in.size());
    return true;
  }
  void set(std::uint64_t value) { std::memcpy(bytes_, &value, sizeof value); }
  [[nodiscard]] std::uint64_t get() const {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes_, sizeof value);
    return value;
  }
  bool broken{false};

 private:
  std::byte bytes_[16]{};
};

Relocated relocated(std::string_view code) {
  const auto copy = relocate(Mode::bits64, from, to, bytes(code));
  EXPECT_TRUE(copy) << code;
  return copy.value_or(Relocated{});
}

TEST(Relocate, DeclinesWhatOnlyWorksInPlace) {
  for (std::string_view code : {
           "cc",
           "cd 03",
           "f1",  // breakpoints of the program's own
           "8e d0",
           "17",  // mov ss: the trap comes one instruction late (pop ss: 32-bit only)
           "ff 2b",
           "ff 1b",
           "cb",
           "48 cf",  // far branches
           "c7 f8 00 00 00 00",
           "0f 01 d5",  // xbegin, xend
           "0f 34",     // sysenter
           "66 e9 00 00 00 00",
           "66 eb 00",                 // branches that processors disagree about
           "67 48 8b 05 00 00 00 00",  // [eip + disp32]
           "06",
           "0f 04",
           "48",
           "",  // no instructions, or not whole
       }) {
    EXPECT_FALSE(relocate(Mode::bits64, from, to, bytes(code))) << code;
  }
  for (std::string_view code :
       {"17", "ce", "0f 34", "0f 05", "9a 00 00 00 00 23 00", "ea 00 00 00 00 23 00"}) {
    EXPECT_FALSE(relocate(Mode::bits32, from, to, bytes(code))) << code;
  }
}

TEST(Relocate, ADataPrefixOnACallThatIsOutdoneIsFine) {
  // What linkers make of a call to __tls_get_addr.
  const Relocated copy = relocated("66 66 48 e8 00 10 00 00");
  EXPECT_TRUE(copy.is_call);
  EXPECT_EQ(copy.taken, from + 8 + 0x1000);
}

TEST(Relocate, TheSpareIsNeverARegisterOfTheInstruction) {
  // cmp [rip+0], reg for every register.
  for (unsigned reg = 0; reg < 16; ++reg) {
    std::vector<std::byte> code = bytes("48 39 05 00 00 00 00");
    if (reg >= 8) code[0] |= std::byte{4};
    code[2] |= static_cast<std::byte>((reg & 7) << 3);
    const auto copy = relocate(Mode::bits64, from, to, code);
    ASSERT_TRUE(copy && copy->spare) << reg;
    const auto again = arch::x86_64::decode(Mode::bits64, copy->code);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->length, code.size());
    const auto modrm = static_cast<unsigned>(copy->code[2]);
    EXPECT_EQ(modrm >> 3 & 7, reg & 7);
    EXPECT_NE(modrm & 7, reg) << "base and operand are one register";
    EXPECT_NE(modrm & 7, 4u);
  }
}

TEST(Relocate, EnteringAndLeavingGiveTheSpareItsValueBack) {
  const Relocated copy = relocated("48 8b 05 10 00 00 00");
  ASSERT_TRUE(copy.spare);
  GeneralRegs regs{};
  regs.rip = from.value;
  std::uint64_t fields[sizeof regs / 8];
  std::memset(&fields, 0x5a, sizeof fields);
  std::memcpy(&regs, fields, sizeof regs);
  const GeneralRegs before = regs;
  const std::uint64_t saved = enter_copy(copy, regs);
  EXPECT_EQ(regs.rip, to.value);
  std::memcpy(fields, &regs, sizeof regs);
  EXPECT_EQ(fields[*copy.spare], from.value + copy.length);
  TinyStack stack;
  EXPECT_TRUE(leave_copy(copy, saved, regs, stack));
  EXPECT_EQ(regs.rip, from.value) << "it has not run";
  regs.rip = before.rip;
  EXPECT_EQ(std::memcmp(&regs, &before, sizeof regs), 0);
}

TEST(LeaveCopy, PutsPcBackWhenASignalCameFirst) {
  for (std::string_view code : {"90", "e8 00 00 00 00", "eb 10", "9c", "0f 05", "c3", "f3 a4"}) {
    const Relocated copy = relocated(code);
    GeneralRegs regs{};
    const std::uint64_t saved = enter_copy(copy, regs);
    TinyStack stack;
    stack.broken = true;  // nothing to mend there
    EXPECT_TRUE(leave_copy(copy, saved, regs, stack)) << code;
    EXPECT_EQ(regs.rip, from.value) << code;
  }
}

TEST(LeaveCopy, LeavesAPcAloneThatASystemCallHasSet) {
  const Relocated copy = relocated("0f 05");
  GeneralRegs regs{};
  regs.rip = 0x12345;  // sigreturn
  regs.rcx = 0x777;
  TinyStack stack;
  EXPECT_TRUE(leave_copy(copy, 0, regs, stack));
  EXPECT_EQ(regs.rip, 0x12345u);
  EXPECT_EQ(regs.rcx, 0x777u);
}

TEST(LeaveCopy, MendsWhatACallPushed) {
  const Relocated copy = relocated("e8 00 20 00 00");
  GeneralRegs regs{};
  regs.rsp = TinyStack::top;
  regs.rip = to.value + copy.taken_offset;
  TinyStack stack;
  stack.set(to.value + copy.copy_length);
  EXPECT_TRUE(leave_copy(copy, 0, regs, stack));
  EXPECT_EQ(stack.get(), from.value + 5);
  EXPECT_EQ(regs.rip, from.value + 5 + 0x2000);
}

TEST(LeaveCopy, SaysSoWhenTheStackCannotBeMended) {
  const Relocated copy = relocated("e8 00 20 00 00");
  GeneralRegs regs{};
  regs.rsp = TinyStack::top;
  regs.rip = to.value + copy.taken_offset;
  TinyStack stack;
  stack.set(42);  // somebody has written over it
  EXPECT_FALSE(leave_copy(copy, 0, regs, stack));
  EXPECT_EQ(stack.get(), 42u);
  EXPECT_EQ(regs.rip, from.value + 5 + 0x2000) << "the registers are mended all the same";
  stack.broken = true;
  regs.rip = to.value + copy.taken_offset;
  EXPECT_FALSE(leave_copy(copy, 0, regs, stack));
}

TEST(LeaveCopy, ClearsTheTrapFlagThatSteppingPushed) {
  const Relocated copy = relocated("9c");
  EXPECT_TRUE(copy.is_push_flags);
  GeneralRegs regs{};
  regs.rsp = TinyStack::top;
  regs.rip = to.value + 1;
  TinyStack stack;
  stack.set(0x346);
  EXPECT_TRUE(leave_copy(copy, 0, regs, stack));
  EXPECT_EQ(stack.get(), 0x246u);
  EXPECT_EQ(regs.rip, from.value + 1);
}

TEST(LeaveCopy, WrapsAddressesOf32BitPrograms) {
  const auto copy = relocate(Mode::bits32, Addr{0xfffffff0}, Addr{0x1000}, bytes("eb 20"));
  ASSERT_TRUE(copy && copy->taken);
  EXPECT_EQ(copy->taken->value, 0x12u);
}

}  // namespace
}  // namespace cotrace::test
