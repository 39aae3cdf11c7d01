// Emulation against the processor itself: the same registers and memory, one instruction, the same result.
#include <array>
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <signal.h>
#include <vector>

#include "unit/arch/emulate_cases.h"
#include "unit/arch/processor.h"

namespace cotrace::test {
namespace {

using arch::x86_64::emulate;

class Emulation : public ::testing::Test {
 protected:
  // Carries one instruction out both ways. False if emulate() declined, which must then have changed nothing.
  bool agrees(Mode mode, const GeneralRegs& before, const std::vector<std::byte>& code,
              const std::string& what) {
    const std::vector<std::byte> memory_before(processor.data().begin(), processor.data().end());
    GeneralRegs emulated = before;
    DataMemory memory(processor);
    const bool done = emulate(mode, emulated, code, memory);
    const std::vector<std::byte> memory_emulated(processor.data().begin(), processor.data().end());
    std::copy(memory_before.begin(), memory_before.end(), processor.data().begin());
    if (!done) {
      EXPECT_EQ(describe(emulated), describe(before)) << what;
      EXPECT_EQ(memory_emulated, memory_before) << what;
      return false;
    }
    processor.put(before.rip, code);
    const auto real = processor.step(before);
    EXPECT_EQ(real.signal, SIGTRAP) << what;
    EXPECT_EQ(describe(emulated), describe(real.regs)) << what << "\nfrom " << describe(before);
    EXPECT_TRUE(std::equal(memory_emulated.begin(), memory_emulated.end(), processor.data().begin())) << what;
    return true;
  }

  // Addresses in rbx, rsi, rdi and rbp, a small index in rcx; the rest at random.
  GeneralRegs with_good_addresses(Mode mode) {
    GeneralRegs regs = random_registers(random, processor, mode);
    const auto middle = [&] { return processor.data_address() + Processor::page + random() % 512; };
    regs.rbx = middle();
    regs.rsi = middle();
    regs.rdi = middle();
    regs.rbp = middle();
    regs.rcx = random() % 32;
    if (mode == Mode::bits64) regs.fs_base = regs.gs_base = middle();
    // Targets of indirect jumps, in registers and in all of the data that may be read as one.
    regs.rax = regs.r10 = processor.code() + random() % 256;
    return regs;
  }

  void fill_data(Mode mode, bool with_targets) {
    if (!with_targets) return fill_randomly(processor.data(), random);
    const std::uint64_t target = processor.code() + random() % 256;
    const std::size_t size = mode == Mode::bits64 ? 8 : 4;
    const std::size_t shift = random() % size;
    for (std::size_t i = 0; i < Processor::data_size; ++i) {
      processor.data()[i] = static_cast<std::byte>(target >> (8 * ((i + shift) % size)));
    }
  }

  void check(Mode mode, std::span<const Case> cases) {
    for (const Case& test : cases) {
      const std::vector<std::byte> code = bytes(test.code);
      const std::string_view text = test.text;
      const bool jumps = text.starts_with("j") || text.starts_with("call") || text.starts_with("ret");
      for (int round = 0; round < 40; ++round) {
        fill_data(mode, jumps);
        GeneralRegs regs = with_good_addresses(mode);
        if (jumps) {
          // The pattern of the data repeats: a jump through memory must meet its start.
          for (const Addr at : {Addr{regs.rsi}, Addr{regs.rsp}, Addr{regs.rsp + 8}}) {
            const std::uint64_t target = regs.rax;
            std::memcpy(processor.data().data() + (at - Addr{processor.data_address()}), &target,
                        mode == Mode::bits64 ? 8 : 4);
          }
        } else if (round % 2 != 0) {
          regs.rax = interesting_value(random, processor) & (mode == Mode::bits64 ? ~0ull : 0xffffffffull);
        }
        EXPECT_TRUE(agrees(mode, regs, code, test.text)) << test.text << " is not emulated";
        if (HasFailure()) return;
      }
    }
  }

  Processor processor;
  std::mt19937_64 random{20240229};
};

TEST_F(Emulation, DoesWhatTheProcessorDoes64) {
  check(Mode::bits64, cases64);
}
TEST_F(Emulation, DoesWhatTheProcessorDoes32) {
  check(Mode::bits32, cases32);
}

// Bytes nobody chose. Most are declined; those that are not must be right, whatever prefixes they have.
TEST_F(Emulation, RandomInstructionsAreRightOrDeclined) {
  constexpr std::uint8_t prefixes[] = {0x66, 0x67, 0xf2, 0xf3, 0x2e, 0x3e, 0x64,
                                       0x65, 0x40, 0x41, 0x44, 0x48, 0x4c, 0x4f};
  int emulated = 0;
  for (int round = 0; round < 25000; ++round) {
    std::vector<std::byte> code(15);
    fill_randomly(code, random);
    std::size_t prefix_count = random() % 8 < 4 ? 0 : random() % 3;
    for (std::size_t i = 0; i < prefix_count; ++i) {
      code[i] = static_cast<std::byte>(prefixes[random() % std::size(prefixes)]);
    }
    if (random() % 4 == 0) code[prefix_count] = std::byte{0x0f};
    if (round % 16 == 0) fill_randomly(processor.data(), random);
    const Mode mode = random() % 4 == 0 ? Mode::bits32 : Mode::bits64;
    if (agrees(mode, random_registers(random, processor, mode), code, hex(code))) ++emulated;
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(emulated, 2000);
}

TEST_F(Emulation, ArithmeticOnExtremesSetsTheFlagsExactly) {
  // add, or, and, sub, xor, cmp, test, inc, dec in 8, 16, 32 and 64 bits, on al/ax/eax/rax and cl/cx/ecx/rcx.
  constexpr std::string_view codes[] = {
      "00 c8", "66 01 c8", "01 c8", "48 01 c8", "08 c8", "66 09 c8", "09 c8", "48 09 c8", "20 c8", "66 21 c8",
      "21 c8", "48 21 c8", "28 c8", "66 29 c8", "29 c8", "48 29 c8", "30 c8", "66 31 c8", "31 c8", "48 31 c8",
      "38 c8", "66 39 c8", "39 c8", "48 39 c8", "84 c8", "66 85 c8", "85 c8", "48 85 c8", "fe c0", "66 ff c0",
      "ff c0", "48 ff c0", "fe c8", "66 ff c8", "ff c8", "48 ff c8"};
  constexpr std::uint64_t values[] = {0,          1,         0x7f,       0x80,       0xff,
                                      0x7fff,     0x8000,    0xffff,     0x7fffffff, 0x80000000,
                                      0xffffffff, INT64_MAX, 1ull << 63, UINT64_MAX};
  for (std::string_view code : codes) {
    for (std::uint64_t left : values) {
      for (std::uint64_t right : values) {
        GeneralRegs regs = random_registers(random, processor, Mode::bits64);
        regs.rax = left;
        regs.rcx = right;
        ASSERT_TRUE(agrees(Mode::bits64, regs, bytes(code), std::string(code)));
        ASSERT_FALSE(HasFailure());
      }
    }
  }
}

// --- what is left to the processor
// -----------------------------------------------------------------------------------

class Declined : public Emulation {
 protected:
  bool emulates(std::string_view code, Mode mode = Mode::bits64) {
    return agrees(mode, with_good_addresses(mode), bytes(code), std::string(code));
  }
};

TEST_F(Declined, WhatIsNotSimple) {
  EXPECT_FALSE(emulates("0f 05"));              // syscall
  EXPECT_FALSE(emulates("cc"));                 // int3
  EXPECT_FALSE(emulates("9c"));                 // pushf
  EXPECT_FALSE(emulates("f3 a4"));              // rep movsb
  EXPECT_FALSE(emulates("f0 48 ff 03"));        // lock inc qword ptr [rbx]
  EXPECT_FALSE(emulates("48 d3 e0"));           // shl rax, cl: flags undefined
  EXPECT_FALSE(emulates("8c d8"));              // mov eax, ds
  EXPECT_FALSE(emulates("66 50"));              // push ax
  EXPECT_FALSE(emulates("66 e8 00 00 00 00"));  // where processors differ
  EXPECT_FALSE(emulates("ff 2b"));              // far jump
  EXPECT_FALSE(emulates("f3 90"));              // pause
  EXPECT_FALSE(emulates("48 0f"));              // cut off
  EXPECT_FALSE(emulates(""));
}

TEST_F(Declined, WhileTheProgramStepsItself) {
  GeneralRegs regs = with_good_addresses(Mode::bits64);
  regs.eflags |= 0x100;
  EXPECT_FALSE(agrees(Mode::bits64, regs, bytes("90"), "nop with TF"));
  regs.eflags = 0x40202;
  EXPECT_FALSE(agrees(Mode::bits64, regs, bytes("90"), "nop with AC"));
}

TEST_F(Declined, AccessesThatFail) {
  GeneralRegs regs = with_good_addresses(Mode::bits64);
  regs.rbx = 16;
  for (std::string_view code : {"48 8b 03", "48 89 03", "48 ff 03", "ff 13", "ff 33"}) {
    EXPECT_FALSE(agrees(Mode::bits64, regs, bytes(code), std::string(code)));
  }
  regs.rsp = 16;
  for (std::string_view code : {"50", "58", "c3", "e8 00 00 00 00"}) {
    EXPECT_FALSE(agrees(Mode::bits64, regs, bytes(code), std::string(code)));
  }
}

TEST_F(Declined, JumpsOutOfTheProgramsHalfOfTheAddresses) {
  GeneralRegs regs = with_good_addresses(Mode::bits64);
  for (const std::uint64_t target : {1ull << 47, 0xffffffffff600000ull, 0x8000000000000000ull}) {
    regs.rax = target;
    EXPECT_FALSE(agrees(Mode::bits64, regs, bytes("ff e0"), "jmp rax"));
    EXPECT_FALSE(agrees(Mode::bits64, regs, bytes("ff d0"), "call rax"));
  }
}

TEST_F(Declined, UnknownSegmentsOf32BitPrograms) {
  EXPECT_FALSE(emulates("65 a1 10 00 00 00", Mode::bits32));  // mov eax, gs:[0x10]
  GeneralRegs regs = with_good_addresses(Mode::bits32);
  regs.ss = 0x7;
  GeneralRegs untouched = regs;
  DataMemory memory(processor);
  EXPECT_FALSE(emulate(Mode::bits32, regs, bytes("50"), memory));
  EXPECT_EQ(describe(regs), describe(untouched));
}

// The resume flag survives into ptrace's view after a fault; an instruction that completes clears it.
TEST_F(Emulation, ClearsTheResumeFlag) {
  GeneralRegs regs = with_good_addresses(Mode::bits64);
  regs.eflags |= 0x10000;
  DataMemory memory(processor);
  ASSERT_TRUE(emulate(Mode::bits64, regs, bytes("90"), memory));
  EXPECT_EQ(regs.eflags & 0x10000, 0u);
}

}  // namespace
}  // namespace cotrace::test
