// Lengths and kinds; and that neither decoding nor its users read past the bytes they are given.
#include <gtest/gtest.h>
#include <memory>
#include <random>

#include "arch/x86_64/instruction.h"
#include "unit/arch/processor.h"

namespace cotrace::test {
namespace {

using arch::x86_64::decode;
using arch::x86_64::Instruction;
using Kind = Instruction::Kind;

struct Expected {
  const char* code;
  Mode mode;
  int length;
  Kind kind;
};

constexpr Mode m64 = Mode::bits64;
constexpr Mode m32 = Mode::bits32;

TEST(Decode, LengthAndKind) {
  constexpr Expected table[] = {
      {"90", m64, 1, Kind::other},
      {"0f 0b", m64, 2, Kind::other},  // ud2 is an instruction
      {"48 b8 88 77 66 55 44 33 22 11", m64, 10, Kind::other},
      {"62 f1 fe 48 6f 0d 00 00 00 00", m64, 10, Kind::other},  // vmovdqu64 zmm1, [rip]
      {"c4 e2 7d 18 1d 00 00 00 00", m64, 9, Kind::other},
      {"0f 05", m64, 2, Kind::system_call},
      {"0f 34", m32, 2, Kind::system_call},
      {"cd 80", m32, 2, Kind::system_call},
      {"cd 80", m64, 2, Kind::system_call},
      {"cd 81", m64, 2, Kind::other},
      {"cc", m64, 1, Kind::breakpoint},
      {"cd 03", m64, 2, Kind::breakpoint},
      {"f1", m64, 1, Kind::breakpoint},
      {"9c", m64, 1, Kind::push_flags},
      {"66 9c", m64, 2, Kind::push_flags},
      {"9c", m32, 1, Kind::push_flags},
      {"9d", m64, 1, Kind::pop_flags},
      {"48 cf", m64, 2, Kind::pop_flags},
      {"f3 a4", m64, 2, Kind::repeated},
      {"f2 ae", m64, 2, Kind::repeated},
      {"f3 48 ab", m64, 3, Kind::repeated},
      {"a4", m64, 1, Kind::other},
      {"f3 0f 10 c1", m64, 4, Kind::other},  // movss: the prefix is a part of the opcode
      {"f3 90", m64, 2, Kind::other},
      {"c3", m64, 1, Kind::branch},
      {"f3 c3", m64, 2, Kind::branch},
      {"eb 00", m64, 2, Kind::branch},
      {"e8 00 00 00 00", m64, 5, Kind::branch},
      {"ff e0", m64, 2, Kind::branch},
      {"ff 15 00 00 00 00", m64, 6, Kind::branch},
      {"74 00", m64, 2, Kind::branch},
      {"e2 00", m64, 2, Kind::branch},
      {"e3 00", m64, 2, Kind::branch},
      {"ff 2b", m64, 2, Kind::branch},  // far
      {"8e d0", m64, 2, Kind::move_ss},
      {"17", m32, 1, Kind::move_ss},
      {"8e d8", m64, 2, Kind::other},  // mov ds
      {"8c d0", m64, 2, Kind::other},  // mov from ss
      {"40", m32, 1, Kind::other},     // inc eax, a prefix in 64-bit mode
  };
  for (const Expected& row : table) {
    const auto instruction = decode(row.mode, bytes(row.code));
    ASSERT_TRUE(instruction) << row.code;
    EXPECT_EQ(instruction->length, row.length) << row.code;
    EXPECT_EQ(instruction->kind, row.kind) << row.code;
  }
}

TEST(Decode, NoInstructionOrNotAllOfIt) {
  for (std::string_view code : {"", "40", "06", "0f", "48 b8 00", "e8 00 00 00", "0f 04", "c4 e2", "f0 90",
                                "66 66 66 66 66 66 66 66 66 66 66 66 66 66 90 90"}) {
    const auto instruction = decode(m64, bytes(code));
    if (code.size() > 40) {
      EXPECT_EQ(instruction->length, 15) << "as long as they get";
    } else {
      EXPECT_FALSE(instruction) << code;
    }
  }
  EXPECT_FALSE(decode(m64, bytes("66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90"))) << "sixteen bytes";
}

// Memory that is never there.
class NoMemory : public MemoryAccess {
 public:
  bool read(Addr, std::span<std::byte>) override { return false; }
  bool write(Addr, std::span<const std::byte>) override { return false; }
};

// The bytes are in a block of just their size, so that a sanitizer sees a read beyond them.
TEST(Decode, RandomBytesCutOffAnywhere) {
  std::mt19937_64 random{4711};
  NoMemory memory;
  int whole = 0;
  for (int round = 0; round < 40000; ++round) {
    const std::size_t size = random() % 17;
    auto block = std::make_unique<std::byte[]>(size);
    const std::span code(block.get(), size);
    fill_randomly(code, random);
    const Mode mode = round % 3 == 0 ? m32 : m64;
    const auto instruction = decode(mode, code);
    GeneralRegs regs{};
    regs.cs = mode == m64 ? 0x33 : 0x23;
    regs.ss = regs.ds = 0x2b;
    const bool emulated = emulate(mode, regs, code, memory);
    const auto copy = relocate(mode, Addr{0x401000}, Addr{0x7ffff7ff0000}, code);
    if (!instruction) {
      EXPECT_FALSE(emulated) << hex(code);
      EXPECT_FALSE(copy) << hex(code);
      continue;
    }
    ++whole;
    EXPECT_LE(instruction->length, size);
    if (!copy) continue;
    EXPECT_EQ(copy->length, instruction->length);
    const auto again = decode(mode, std::span(copy->code).first(copy->copy_length));
    ASSERT_TRUE(again) << hex(code);
    EXPECT_EQ(again->length, copy->copy_length);
    EXPECT_EQ(again->kind, instruction->kind);
    EXPECT_EQ(copy->code[copy->copy_length], arch::x86_64::breakpoint_instruction);
    EXPECT_LE(copy->code_size, copy->code.size());
    EXPECT_GT(copy->code_size, copy->copy_length);
  }
  EXPECT_GT(whole, 10000);
}

}  // namespace
}  // namespace cotrace::test
