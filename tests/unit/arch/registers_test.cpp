// Registers read from and written to raw state.
#include "arch/x86_64/registers.h"

#include <cstring>
#include <gtest/gtest.h>
#include <set>

#include "unit/arch/processor.h"

namespace cotrace::test {
namespace {

using arch::x86_64::mode_of;
using arch::x86_64::RegisterImage;
using arch::x86_64::RegisterLayout;
using arch::x86_64::XsaveLayout;

// A processor's layout as it might be; the offsets are those of Intel's processors, which differ from AMD's.
XsaveLayout layout(std::uint64_t xcr0) {
  XsaveLayout xsave;
  xsave.xcr0 = xcr0;
  xsave.size = 2696;
  if ((xcr0 & 0x4) != 0) xsave.offset[2] = 576;
  if ((xcr0 & 0x20) != 0) xsave.offset[5] = 1088;
  if ((xcr0 & 0x40) != 0) xsave.offset[6] = 1152;
  if ((xcr0 & 0x80) != 0) xsave.offset[7] = 1664;
  if ((xcr0 & 0x200) != 0) xsave.offset[9] = 2688;
  return xsave;
}

class Registers : public ::testing::Test {
 protected:
  explicit Registers(Mode mode = Mode::bits64) : all(mode, layout(0x2e7)) {
    image.xstate.resize(2696);
    set_in_use(0x2e7);
  }

  void set_in_use(std::uint64_t bits) { std::memcpy(image.xstate.data() + 512, &bits, sizeof bits); }
  [[nodiscard]] std::uint64_t in_use() const {
    std::uint64_t bits = 0;
    std::memcpy(&bits, image.xstate.data() + 512, sizeof bits);
    return bits;
  }
  [[nodiscard]] std::size_t size_of(std::string_view name) const {
    return all.registers()[static_cast<std::size_t>(*all.find(name))].bits / 8u;
  }
  std::vector<std::byte> read(std::string_view name) {
    std::vector<std::byte> out(size_of(name), std::byte{0xee});
    EXPECT_TRUE(all.read(*all.find(name), image, out)) << name;
    return out;
  }
  std::uint64_t number(std::string_view name) {
    const auto value = read(name);
    std::uint64_t result = 0;
    std::memcpy(&result, value.data(), std::min(value.size(), sizeof result));
    return result;
  }
  void write(std::string_view name, std::uint64_t value) {
    std::vector<std::byte> in(size_of(name));
    std::memcpy(in.data(), &value, std::min(in.size(), sizeof value));
    EXPECT_TRUE(all.write(*all.find(name), image, in)) << name;
  }
  void poke(std::size_t offset, std::string_view hex) {
    const auto value = bytes(hex);
    std::copy(value.begin(), value.end(), image.xstate.begin() + static_cast<std::ptrdiff_t>(offset));
  }

  RegisterLayout all;
  RegisterImage image;
};

class Registers32 : public Registers {
 protected:
  Registers32() : Registers(Mode::bits32) {}
};

TEST(RegisterLayoutTest, SizesFollowWhatTheProcessorHas) {
  const auto size = [](Mode mode, std::uint64_t xcr0) {
    return RegisterLayout(mode, layout(xcr0)).block_size();
  };
  EXPECT_EQ(size(Mode::bits64, 0), 560u);
  EXPECT_EQ(size(Mode::bits64, 0x3), 560u);
  EXPECT_EQ(size(Mode::bits64, 0x7), 816u);
  EXPECT_EQ(size(Mode::bits64, 0x1f), 816u) << "MPX is left out";
  EXPECT_EQ(size(Mode::bits64, 0xe7), 2416u);
  EXPECT_EQ(size(Mode::bits64, 0x2e7), 2420u);
  EXPECT_EQ(size(Mode::bits64, 0x207), 820u);
  EXPECT_EQ(size(Mode::bits64, 0x67), 816u) << "AVX-512 in part is no AVX-512";
  EXPECT_EQ(size(Mode::bits32, 0), 16 * 4 + 80 + 8 * 4 + 8 * 16 + 4 + 4u);
  EXPECT_EQ(size(Mode::bits32, 0x2e7), 312 + 8 * 16 + 8 * 8 + 8 * 32 + 4u);
}

TEST(RegisterLayoutTest, NumbersAreThoseThatGdbKnows) {
  const RegisterLayout all(Mode::bits64, layout(0x2e7));
  EXPECT_EQ(all.find("rax"), 0);
  EXPECT_EQ(all.find("rip"), 16);
  EXPECT_EQ(all.find("st0"), 24);
  EXPECT_EQ(all.find("xmm0"), 40);
  EXPECT_EQ(all.find("orig_rax"), 57);
  EXPECT_EQ(all.find("fs_base"), 58);
  EXPECT_EQ(all.find("ymm0h"), 60);
  EXPECT_EQ(all.find("xmm16"), 76);
  EXPECT_EQ(all.find("zmm31h"), 147);
  EXPECT_EQ(all.find("pkru"), 148);
  EXPECT_EQ(all.find("eax"), std::nullopt);
  EXPECT_EQ(std::vector<int>(all.expedited().begin(), all.expedited().end()), (std::vector<int>{6, 7, 16}));
  const RegisterLayout small(Mode::bits32, layout(0x7));
  EXPECT_EQ(std::vector<int>(small.expedited().begin(), small.expedited().end()),
            (std::vector<int>{5, 4, 8}));
}

TEST(RegisterLayoutTest, OffsetsLeaveNoGap) {
  for (Mode mode : {Mode::bits64, Mode::bits32}) {
    const RegisterLayout all(mode, layout(0x2e7));
    std::uint32_t offset = 0;
    std::set<std::string_view> names;
    for (const auto& reg : all.registers()) {
      EXPECT_EQ(reg.offset, offset) << reg.name;
      EXPECT_TRUE(names.insert(reg.name).second) << reg.name;
      offset += reg.bits / 8u;
    }
    EXPECT_EQ(offset, all.block_size());
  }
}

TEST(RegisterLayoutTest, CopiesStandOnTheirOwn) {
  auto first = std::make_unique<RegisterLayout>(Mode::bits64, layout(0x7));
  const RegisterLayout copy = *first;
  first.reset();
  EXPECT_EQ(copy.registers()[60].name, "ymm0h");
}

// Every register, written with its own pattern, reads back; none overlaps another.
TEST_F(Registers, WhatIsWrittenIsRead) {
  const auto pattern = [&](std::size_t i) {
    const auto& reg = all.registers()[i];
    std::vector<std::byte> value(reg.bits / 8u);
    for (std::size_t j = 0; j < value.size(); ++j) value[j] = static_cast<std::byte>(i * 7 + j + 1);
    // The x87 words are shorter than gdb's registers for them.
    if (reg.name[0] == 'f' && reg.bits == 32 && reg.name.size() >= 3 && i >= 32) {
      const bool is_offset = reg.name == "fioff" || reg.name == "fooff";
      if (!is_offset) value[2] = value[3] = std::byte{0};
    }
    return value;
  };
  for (std::size_t i = 0; i < all.registers().size(); ++i) {
    if (all.registers()[i].name == "ftag") continue;  // depends on the stack's contents
    ASSERT_TRUE(all.write(static_cast<int>(i), image, pattern(i)));
  }
  for (std::size_t i = 0; i < all.registers().size(); ++i) {
    if (all.registers()[i].name == "ftag") continue;
    std::vector<std::byte> value(all.registers()[i].bits / 8u);
    ASSERT_TRUE(all.read(static_cast<int>(i), image, value));
    EXPECT_EQ(hex(value), hex(pattern(i))) << all.registers()[i].name;
  }
}

TEST_F(Registers, ComponentsInTheirInitialState) {
  std::fill(image.xstate.begin(), image.xstate.end(), std::byte{0xa5});
  set_in_use(0);
  EXPECT_EQ(number("fctrl"), 0x37fu);
  EXPECT_EQ(number("ftag"), 0xffffu);
  EXPECT_EQ(number("fstat"), 0u);
  EXPECT_EQ(number("mxcsr"), 0x1f80u);
  for (const char* name : {"st3", "xmm7", "ymm7h", "zmm3h", "zmm20h", "xmm16", "k4", "pkru"}) {
    EXPECT_EQ(read(name), std::vector<std::byte>(size_of(name))) << name;
  }
}

TEST_F(Registers, WritingAnInitialComponentBringsAllOfItIntoUse) {
  std::fill(image.xstate.begin(), image.xstate.end(), std::byte{0xa5});
  set_in_use(0);
  write("ymm3h", 0x1234);
  EXPECT_EQ(in_use(), 0x4u);
  EXPECT_EQ(number("ymm3h"), 0x1234u);
  EXPECT_EQ(number("ymm4h"), 0u) << "not what happened to be in the area";
  EXPECT_EQ(number("mxcsr"), 0x1f80u) << "in force from now on, by AVX";
  write("st1", 5);
  EXPECT_EQ(in_use(), 0x5u);
  EXPECT_EQ(number("fctrl"), 0x37fu);
  EXPECT_EQ(number("ftag"), 0xffffu);
  EXPECT_EQ(number("st0"), 0u);
  write("k1", 9);
  write("zmm1h", 9);
  write("xmm31", 9);
  write("pkru", 9);
  EXPECT_EQ(in_use(), 0x2e5u);
  EXPECT_EQ(number("k0"), 0u);
  EXPECT_EQ(number("zmm31h"), 0u);
}

// MXCSR stands in the legacy area but counts when SSE or AVX is in use.
TEST_F(Registers, MxcsrBelongsToSseAndAvx) {
  set_in_use(0x4);
  write("mxcsr", 0x1fa0);
  EXPECT_EQ(in_use(), 0x4u) << "SSE need not be brought in for it";
  EXPECT_EQ(number("mxcsr"), 0x1fa0u);
  write("xmm0", 1);
  EXPECT_EQ(in_use(), 0x6u);
  EXPECT_EQ(number("mxcsr"), 0x1fa0u) << "kept when SSE comes into use";
  set_in_use(0x1);
  EXPECT_EQ(number("mxcsr"), 0x1f80u);
  write("mxcsr", 0x1f81);
  EXPECT_EQ(in_use(), 0x3u);
  EXPECT_EQ(number("mxcsr"), 0x1f81u);
}

TEST_F(Registers, TheFullTagWordIsMadeFromTheStack) {
  poke(2, "00 30");                                 // top of stack is physical register 6
  poke(4, "f4");                                    // 2, 4, 5, 6, 7 not empty
  poke(32, "00 00 00 00 00 00 00 80 ff 3f");        // st0 = physical 6: 1.0, valid
  poke(32 + 16, "00 00 00 00 00 00 00 00 00 80");   // st1 = 7: -0.0, zero
  poke(32 + 64, "01 00 00 00 00 00 00 80 ff 7f");   // st4 = 2: not a number, special
  poke(32 + 96, "01 00 00 00 00 00 00 00 00 00");   // st6 = 4: denormal, special
  poke(32 + 112, "00 00 00 00 00 00 00 00 01 00");  // st7 = 5: without its integer bit, special
  // Physical 7..0: 01 00 10 10 11 10 11 11
  EXPECT_EQ(number("ftag"), 0b01'00'10'10'11'10'11'11u);
  write("ftag", 0b11'00'01'10'11'11'11'00);
  EXPECT_EQ(image.xstate[4], std::byte{0b01110001});
}

TEST_F(Registers, X87PointersComeIn64BitForm) {
  poke(8, "78 56 34 12 bc 9a 00 00 11 22 33 44 55 66 00 00");
  poke(6, "ab 07");
  EXPECT_EQ(number("fioff"), 0x12345678u);
  EXPECT_EQ(number("fiseg"), 0x9abcu);
  EXPECT_EQ(number("fooff"), 0x44332211u);
  EXPECT_EQ(number("foseg"), 0x6655u);
  EXPECT_EQ(number("fop"), 0x7abu);
}

TEST_F(Registers, BadRequestsAreRefused) {
  std::vector<std::byte> eight(8);
  std::vector<std::byte> four(4);
  EXPECT_EQ(all.read(-1, image, eight).error().code, Errc::invalid);
  EXPECT_EQ(all.read(149, image, four).error().code, Errc::invalid);
  EXPECT_EQ(all.read(0, image, four).error().code, Errc::invalid);
  EXPECT_EQ(all.write(0, image, four).error().code, Errc::invalid);
  EXPECT_EQ(all.write(1000, image, eight).error().code, Errc::invalid);
}

TEST_F(Registers, AMissingOrShortAreaIsSaid) {
  const int pkru = *all.find("pkru");
  const int xmm0 = *all.find("xmm0");
  std::vector<std::byte> four(4);
  std::vector<std::byte> sixteen(16);
  image.xstate.resize(2688);
  EXPECT_EQ(all.read(pkru, image, four).error().code, Errc::unsupported);
  EXPECT_EQ(all.write(pkru, image, four).error().code, Errc::unsupported);
  image.xstate.resize(512);  // an FXSAVE image
  EXPECT_TRUE(all.write(xmm0, image, std::vector<std::byte>(16, std::byte{7})));
  EXPECT_TRUE(all.read(xmm0, image, sixteen));
  EXPECT_EQ(sixteen[15], std::byte{7});
  EXPECT_EQ(all.write(*all.find("ymm0h"), image, sixteen).error().code, Errc::unsupported);
  image.xstate.clear();
  EXPECT_EQ(all.read(xmm0, image, sixteen).error().code, Errc::unsupported);
  EXPECT_EQ(all.write(xmm0, image, sixteen).error().code, Errc::unsupported);
}

TEST_F(Registers32, AreTheLowHalves) {
  image.general.rax = 0x1122334455667788;
  EXPECT_EQ(number("eax"), 0x55667788u);
  write("eax", 0x80000001);
  EXPECT_EQ(image.general.rax, 0x80000001u) << "the upper half is cleared";
  write("eip", 0xf7fd0000);
  EXPECT_EQ(image.general.rip, 0xf7fd0000u);
}

TEST_F(Registers32, OrigEaxIsSignExtended) {
  write("orig_eax", 0xffffffff);
  EXPECT_EQ(image.general.orig_rax, ~0ull) << "the kernel looks at all of it";
  EXPECT_EQ(number("orig_eax"), 0xffffffffu);
  write("orig_eax", 4);
  EXPECT_EQ(image.general.orig_rax, 4u);
}

TEST(ModeOf, GoesByTheCodeSegment) {
  GeneralRegs regs{};
  regs.cs = 0x33;
  EXPECT_EQ(mode_of(regs), Mode::bits64);
  regs.cs = 0xe033;
  EXPECT_EQ(mode_of(regs), Mode::bits64);
  regs.cs = 0x23;
  EXPECT_EQ(mode_of(regs), Mode::bits32);
  regs.cs = 0x0f;  // of the program's own table
  EXPECT_EQ(mode_of(regs), Mode::bits32);
}

// The real thing: registers set through the layout are what instructions of the child see.
TEST(RegistersOfARealTask, MeanTheSameToTheProcessor) {
  const Processor processor;
  const RegisterLayout all(Mode::bits64, XsaveLayout::of_this_processor());
  RegisterImage image{processor.plain_registers(), processor.xstate()};
  const auto set = [&](std::string_view name, std::string_view hex) {
    EXPECT_TRUE(all.write(*all.find(name), image, bytes(hex))) << name;
  };
  set("xmm5", "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f");
  set("ymm5h", "10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f");
  set("mxcsr", "80 3f 00 00");
  set("fctrl", "7f 02 00 00");
  set("ftag", "ff 3f 00 00");                   // physical 7 is valid
  set("fstat", "00 38 00 00");                  // and top
  set("st0", "00 00 00 00 00 00 00 c0 00 40");  // 3.0
  processor.set_xstate(image.xstate);
  image.general.rbx = processor.data_address();
  // vmovdqu [rbx], ymm5; stmxcsr [rbx+32]; fnstcw [rbx+36]; fstp qword [rbx+40]; int3
  processor.put(processor.code(), bytes("c5 fe 7f 2b 0f ae 5b 20 d9 7b 24 dd 5b 28 cc"));
  image.general.rip = processor.code();
  const auto outcome = processor.run(image.general);
  EXPECT_EQ(outcome.regs.rip, processor.code() + 15);
  EXPECT_EQ(hex(processor.data().first(48)),
            "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f "
            "80 3f 00 00 7f 02 cc cc 00 00 00 00 00 00 08 40 ");
}

}  // namespace
}  // namespace cotrace::test
