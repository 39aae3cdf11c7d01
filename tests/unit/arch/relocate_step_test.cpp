// Relocated copies against their originals, both run by the processor: registers, vector state and memory
// must be the same.
#include <Zydis/Zydis.h>
#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <signal.h>
#include <sys/syscall.h>
#include <vector>

#include "unit/arch/processor.h"
#include "unit/arch/relocate_cases.h"

namespace cotrace::test {
namespace {

using arch::x86_64::Relocated;

class Relocation : public ::testing::Test {
 protected:
  struct Seen {
    int signal{0};
    std::string regs;
    std::vector<std::byte> data;
    std::vector<std::byte> xstate;
  };

  Seen look(int signal, const GeneralRegs& regs) {
    std::vector<std::byte> area = processor.xstate();
    // XSTATE_BV: whether a component that holds zeros counts as initial is the processor's choice, and may
    // change by a mere switch to another task. The kernel fills the rest with what the registers hold either
    // way.
    std::fill_n(area.begin() + 512, 8, std::byte{0});
    return {signal, describe(regs), {processor.data().begin(), processor.data().end()}, std::move(area)};
  }

  // Without the trap flag, which pushf would store: up to a breakpoint behind the instruction.
  Processor::Outcome run_alone(const GeneralRegs& before, std::uint8_t length) {
    processor.put(before.rip + length, bytes("cc"));
    auto outcome = processor.run(before);
    if (outcome.regs.rip == before.rip + length + 1u) --outcome.regs.rip;
    return outcome;
  }

  // Runs the instruction in place and as a copy. False if it cannot be relocated.
  bool agrees(Mode mode, const GeneralRegs& before, const std::vector<std::byte>& code,
              const std::string& what) {
    const Addr from{before.rip};
    const auto copy = arch::x86_64::relocate(mode, from, Addr{processor.scratch()}, code);
    if (!copy) return false;
    EXPECT_LE(copy->code_size, arch::x86_64::scratch_slot_size);
    const std::vector<std::byte> data(processor.data().begin(), processor.data().end());

    processor.clear_code();  // either run may have written there
    processor.put(before.rip, code);
    processor.set_xstate(xstate);
    const auto original = copy->is_push_flags ? run_alone(before, copy->length) : processor.step(before);
    const Seen expected = look(original.signal, original.regs);

    std::copy(data.begin(), data.end(), processor.data().begin());
    processor.clear_code();
    processor.put(before.rip, code);
    processor.set_xstate(xstate);
    processor.put(processor.scratch(), std::span(copy->code).first(copy->code_size));
    GeneralRegs regs = before;
    const std::uint64_t saved = enter_copy(*copy, regs);
    auto stepped = processor.step(regs);
    DataMemory memory(processor);
    EXPECT_TRUE(leave_copy(*copy, saved, stepped.regs, memory)) << what;
    const Seen seen = look(stepped.signal, stepped.regs);

    EXPECT_EQ(seen.signal, expected.signal) << what;
    EXPECT_EQ(seen.regs, expected.regs)
        << what << "\nfrom " << describe(before) << "\ncopy " << hex(copy->code);
    EXPECT_TRUE(seen.data == expected.data) << what;
    const auto differ = std::ranges::mismatch(seen.xstate, expected.xstate);
    EXPECT_EQ(differ.in1, seen.xstate.end()) << what << " at " << differ.in1 - seen.xstate.begin();
    return true;
  }

  GeneralRegs with_good_addresses(Mode mode) {
    GeneralRegs regs = random_registers(random, processor, mode);
    for (auto field : {&GeneralRegs::rbx, &GeneralRegs::rsi, &GeneralRegs::rdi, &GeneralRegs::rbp}) {
      regs.*field = processor.data_address() + Processor::page + random() % 512;
    }
    regs.rcx = random() % 4;  // counts and indices; 0 and 1 decide what jrcxz and loop do
    regs.rax = regs.r10 = processor.code() + random() % 256;
    if (mode == Mode::bits64) regs.fs_base = regs.gs_base = 0;
    return regs;
  }

  void put_target(Addr at, std::uint64_t target) {
    std::memcpy(processor.data().data() + (at - Addr{processor.data_address()}), &target, sizeof target);
  }

  // Memory for the vector instructions, and addresses where indirect branches look for them.
  void fill(const GeneralRegs& regs) {
    fill_randomly(processor.data(), random);
    put_target(Addr{processor.data_address() + 256}, regs.rax);
    for (std::uint64_t at : {regs.rsi, regs.rsp, regs.rsp + 8}) put_target(Addr{at}, regs.rax);
  }

  void check(Mode mode, std::span<const Case> cases) {
    for (const Case& test : cases) {
      for (int round = 0; round < 20; ++round) {
        const GeneralRegs regs = with_good_addresses(mode);
        fill(regs);
        ASSERT_TRUE(agrees(mode, regs, bytes(test.code), test.text)) << test.text << " is not relocated";
        ASSERT_FALSE(HasFailure());
      }
    }
  }

  Processor processor;
  std::mt19937_64 random{19991231};
  const std::vector<std::byte> xstate{processor.xstate()};
};

TEST_F(Relocation, CopiesDoWhatTheOriginalsDo64) {
  check(Mode::bits64, relocatable64);
}
TEST_F(Relocation, CopiesDoWhatTheOriginalsDo32) {
  check(Mode::bits32, relocatable32);
}

// syscall leaves the next pc in rcx as well, which must not be the copy's.
TEST_F(Relocation, SystemCalls) {
  GeneralRegs regs = with_good_addresses(Mode::bits64);
  regs.rax = SYS_getppid;
  EXPECT_TRUE(agrees(Mode::bits64, regs, bytes("0f 05"), "syscall"));
  regs.rax = 64;  // getppid of the 32-bit table
  EXPECT_TRUE(agrees(Mode::bits64, regs, bytes("cd 80"), "int 0x80"));
  regs = with_good_addresses(Mode::bits32);
  regs.rax = 64;
  EXPECT_TRUE(agrees(Mode::bits32, regs, bytes("cd 80"), "int 0x80 in 32-bit mode"));
}

// What differs from one run to the next, tells where it stands, or must not be run with random registers. The
// last five are carried out by the kernel where the processor has UMIP, which loses the step's trap.
bool is_comparable(Mode mode, const std::vector<std::byte>& code) {
  const auto instruction = arch::x86_64::decode(mode, code);
  if (!instruction || instruction->kind == arch::x86_64::Instruction::Kind::system_call) return false;
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, mode == Mode::bits64 ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32,
                   mode == Mode::bits64 ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32);
  ZydisDecodedInstruction insn;
  EXPECT_EQ(ZydisDecoderDecodeInstruction(&decoder, nullptr, code.data(), code.size(), &insn),
            ZYAN_STATUS_SUCCESS);
  const std::string_view name = ZydisMnemonicGetString(insn.mnemonic);
  for (std::string_view prefix :
       {"rdtsc",   "rdrand",  "rdseed", "rdpid",  "rdpmc",  "rdpru",   "xsave",  "fxsave",
        "fnsave",  "fnstenv", "cpuid",  "xgetbv", "xrstor", "fxrstor", "vmcall", "vmmcall",
        "vmgexit", "slwpcb",  "sldt",   "str",    "smsw",   "sgdt",    "sidt"}) {
    if (name.starts_with(prefix)) return false;
  }
  return true;
}

TEST_F(Relocation, RandomInstructionsAreRightOrDeclined) {
  int relocated = 0;
  for (int round = 0; round < 8000; ++round) {
    std::vector<std::byte> code(15);
    fill_randomly(code, random);
    const std::size_t start = random() % 3 == 0 ? 1 : 0;
    if (start != 0) code[0] = static_cast<std::byte>(0x40 + random() % 16);
    const std::size_t opcode_size = random() % 2 == 0 ? 2 : 1;
    if (opcode_size == 2) code[start] = std::byte{0x0f};
    if (round % 2 == 0) {
      // A RIP-relative operand in the data.
      code[start + opcode_size] &= std::byte{0x38};
      code[start + opcode_size] |= std::byte{0x05};
      const auto distance = static_cast<std::uint32_t>(0x6000 + random() % Processor::page / 8 * 8);
      std::memcpy(&code[start + opcode_size + 1], &distance, sizeof distance);
    }
    const Mode mode = random() % 4 == 0 ? Mode::bits32 : Mode::bits64;
    if (!is_comparable(mode, code)) continue;
    const GeneralRegs regs = with_good_addresses(mode);
    fill(regs);
    if (agrees(mode, regs, code, hex(code))) ++relocated;
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(relocated, 2000);
}

// Copies need not be stepped: the guard stops them, and leave_copy knows both of its traps.
TEST_F(Relocation, TheGuardStopsACopyThatIsNotStepped) {
  GeneralRegs regs = with_good_addresses(Mode::bits64);
  fill(regs);
  for (std::string_view code : {"48 89 d8", "eb 20", "75 10", "74 10", "e8 00 01 00 00", "e3 05"}) {
    const auto copy =
        arch::x86_64::relocate(Mode::bits64, Addr{processor.code()}, Addr{processor.scratch()}, bytes(code));
    ASSERT_TRUE(copy);
    processor.put(processor.code(), bytes(code));
    const auto expected = processor.step(regs);
    processor.put(processor.scratch(), std::span(copy->code).first(copy->code_size));
    GeneralRegs entered = regs;
    const std::uint64_t saved = enter_copy(*copy, entered);
    auto ran = processor.run(entered);
    EXPECT_EQ(ran.signal, SIGTRAP) << code;
    DataMemory memory(processor);
    EXPECT_TRUE(leave_copy(*copy, saved, ran.regs, memory)) << code;
    EXPECT_EQ(describe(ran.regs), describe(expected.regs)) << code;
  }
}

}  // namespace
}  // namespace cotrace::test
