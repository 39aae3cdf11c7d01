#include "ax/evaluate.h"

#include <gtest/gtest.h>
#include <limits>

#include "unit/ax/fake_context.h"

namespace cotrace::ax {
namespace {

constexpr std::uint64_t lowest = 0x8000000000000000;
constexpr auto minus(std::uint64_t value) {
  return 0 - value;
}

Result<std::uint64_t> run(const Assembler& code, Context& context, std::size_t steps = default_steps) {
  const auto program = Program::verify(code.code());
  if (!program) return std::unexpected(program.error());
  return evaluate(*program, context, steps);
}

std::uint64_t value_of(const Assembler& code) {
  FakeContext context;
  const auto value = run(code, context);
  EXPECT_TRUE(value) << (value ? "" : value.error().text);
  return value.value_or(0xdead);
}

std::uint64_t binary(unsigned opcode, std::uint64_t left, std::uint64_t right) {
  return value_of(Assembler().constant(left).constant(right).byte(opcode).end());
}

std::uint64_t unary(std::uint64_t value, std::initializer_list<unsigned> code) {
  return value_of(Assembler().constant(value).bytes(code).end());
}

TEST(Arithmetic, AddSubMulWrap) {
  EXPECT_EQ(binary(0x02, 2, 3), 5U);
  EXPECT_EQ(binary(0x02, minus(1), 2), 1U);
  EXPECT_EQ(binary(0x03, 2, 3), minus(1));
  EXPECT_EQ(binary(0x04, minus(2), 3), minus(6));
  EXPECT_EQ(binary(0x04, lowest, 2), 0U);
}

TEST(Arithmetic, DivisionWithAndWithoutSign) {
  EXPECT_EQ(binary(0x05, minus(7), 2), minus(3));
  EXPECT_EQ(binary(0x06, minus(7), 2), 0x7ffffffffffffffcU);
  EXPECT_EQ(binary(0x07, minus(7), 2), minus(1));
  EXPECT_EQ(binary(0x08, minus(7), 2), 1U);
}

TEST(Arithmetic, TheLowestByMinusOneDoesNotTrap) {
  EXPECT_EQ(binary(0x05, lowest, minus(1)), lowest);
  EXPECT_EQ(binary(0x07, lowest, minus(1)), 0U);
}

TEST(Arithmetic, DivisionByZeroIsAnError) {
  for (unsigned opcode : {0x05U, 0x06U, 0x07U, 0x08U}) {
    FakeContext context;
    const auto value = run(Assembler().constant(1).constant(0).byte(opcode).end(), context);
    ASSERT_FALSE(value) << opcode;
    EXPECT_EQ(value.error().code, Errc::invalid);
  }
}

TEST(Arithmetic, Shifts) {
  EXPECT_EQ(binary(0x09, 1, 63), lowest);
  EXPECT_EQ(binary(0x0a, lowest, 63), minus(1));
  EXPECT_EQ(binary(0x0b, lowest, 63), 1U);
  for (std::uint64_t count : {std::uint64_t{64}, std::uint64_t{65}, minus(1)}) {
    EXPECT_EQ(binary(0x09, 1, count), 0U);
    EXPECT_EQ(binary(0x0a, lowest, count), minus(1));
    EXPECT_EQ(binary(0x0a, 5, count), 0U);
    EXPECT_EQ(binary(0x0b, lowest, count), 0U);
  }
}

TEST(Arithmetic, Bits) {
  EXPECT_EQ(binary(0x0f, 12, 10), 8U);
  EXPECT_EQ(binary(0x10, 12, 10), 14U);
  EXPECT_EQ(binary(0x11, 12, 10), 6U);
  EXPECT_EQ(unary(0, {0x12}), minus(1));
  EXPECT_EQ(unary(0, {0x0e}), 1U);
  EXPECT_EQ(unary(7, {0x0e}), 0U);
}

TEST(Arithmetic, Comparisons) {
  EXPECT_EQ(binary(0x13, 5, 5), 1U);
  EXPECT_EQ(binary(0x13, 5, 6), 0U);
  EXPECT_EQ(binary(0x14, minus(1), 1), 1U);
  EXPECT_EQ(binary(0x14, 1, minus(1)), 0U);
  EXPECT_EQ(binary(0x15, minus(1), 1), 0U);
  EXPECT_EQ(binary(0x15, 1, minus(1)), 1U);
  EXPECT_EQ(binary(0x15, 1, 1), 0U);
}

TEST(Extensions, WithSignAndWithZeros) {
  EXPECT_EQ(unary(0xff, {0x16, 8}), minus(1));
  EXPECT_EQ(unary(0x17f, {0x16, 8}), 0x7fU);
  EXPECT_EQ(unary(0x1ff, {0x2a, 8}), 0xffU);
  EXPECT_EQ(unary(3, {0x16, 1}), minus(1));
  EXPECT_EQ(unary(lowest, {0x16, 64}), lowest);
  EXPECT_EQ(unary(minus(1), {0x2a, 64}), minus(1));
  EXPECT_EQ(unary(0x1f, {0x2a, 5}), 0x1fU);
}

TEST(Constants, AreBigEndianAndUnsigned) {
  EXPECT_EQ(value_of(Assembler().bytes({0x22, 0xff}).end()), 0xffU);
  EXPECT_EQ(value_of(Assembler().bytes({0x23, 0x12, 0x34}).end()), 0x1234U);
  EXPECT_EQ(value_of(Assembler().bytes({0x24, 0xff, 0, 0, 1}).end()), 0xff000001U);
  EXPECT_EQ(value_of(Assembler().bytes({0x25, 1, 2, 3, 4, 5, 6, 7, 8}).end()), 0x0102030405060708U);
}

TEST(Stack, DuplicatePopSwap) {
  EXPECT_EQ(unary(5, {0x28, 0x02}), 10U);
  EXPECT_EQ(value_of(Assembler().constant(1).constant(2).byte(0x29).end()), 1U);
  EXPECT_EQ(value_of(Assembler().constant(1).constant(2).bytes({0x2b, 0x03}).end()), 1U);
}

TEST(Stack, PickCountsFromTheTop) {
  const auto picked = [](unsigned depth) {
    return value_of(Assembler().constant(10).constant(20).constant(30).bytes({0x32, depth}).end());
  };
  EXPECT_EQ(picked(0), 30U);
  EXPECT_EQ(picked(1), 20U);
  EXPECT_EQ(picked(2), 10U);
}

TEST(Stack, RotateBringsTheTopBelowTheTwoUnderIt) {
  const auto rotated = Assembler().constant(10).constant(20).constant(30).byte(0x33);
  EXPECT_EQ(value_of(Assembler(rotated).end()), 20U);
  EXPECT_EQ(value_of(Assembler(rotated).byte(0x29).end()), 10U);
  EXPECT_EQ(value_of(Assembler(rotated).bytes({0x29, 0x29}).end()), 30U);
}

TEST(Memory, IsReadInTheTargetsByteOrder) {
  FakeContext context;
  context.place(0x1000, "\x01\x02\x03\x04\x05\x06\x07\x88");
  const auto read = [&](unsigned opcode) {
    return *run(Assembler().constant(0x1000).byte(opcode).end(), context);
  };
  EXPECT_EQ(read(0x17), 0x01U);
  EXPECT_EQ(read(0x18), 0x0201U);
  EXPECT_EQ(read(0x19), 0x04030201U);
  EXPECT_EQ(read(0x1a), 0x8807060504030201U);
  context.set_byte_order(std::endian::big);
  EXPECT_EQ(read(0x18), 0x0102U);
  EXPECT_EQ(read(0x1a), 0x0102030405060788U);
}

TEST(Memory, WhatCannotBeReadIsAnError) {
  FakeContext context;
  context.place(0x1000, "\x01\x02\x03");
  const auto value = run(Assembler().constant(0x1000).byte(0x19).end(), context);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, Errc::unmapped);
}

TEST(Registers, AreReadByNumber) {
  FakeContext context;
  context.set_register(0x0106, 77);
  EXPECT_EQ(*run(Assembler().bytes({0x26, 1, 6}).end(), context), 77U);
  EXPECT_EQ(run(Assembler().bytes({0x26, 0, 6}).end(), context).error().code, Errc::not_found);
}

TEST(Jumps, ConditionalOnesTakeTheValue) {
  // if (x) 1 else 2
  const auto choose = [](unsigned condition) {
    return value_of(Assembler().bytes({0x22, condition, 0x20, 0, 10, 0x22, 2, 0x21, 0, 12, 0x22, 1, 0x27}));
  };
  EXPECT_EQ(choose(0), 2U);
  EXPECT_EQ(choose(9), 1U);
}

TEST(Jumps, ALoopCounts) {
  // 5; do { dup; pop; 1; sub; dup } while (top); the counter is 0 at the end.
  EXPECT_EQ(value_of(Assembler().bytes({0x22, 5, 0x22, 1, 0x03, 0x28, 0x20, 0, 2, 0x27})), 0U);
}

TEST(Jumps, AnEndlessLoopEnds) {
  FakeContext context;
  const auto value = run(Assembler().bytes({0x21, 0, 0}), context);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, Errc::no_resources);
}

TEST(Jumps, TheLastStepAllowedIsTaken) {
  FakeContext context;
  const auto code = Assembler().bytes({0x22, 1, 0x22, 2, 0x02}).end();
  EXPECT_EQ(*run(code, context, 4), 3U);
  EXPECT_FALSE(run(code, context, 3));
}

TEST(Recording, OnlyTakesItsOperands) {
  const auto below = Assembler().constant(42);
  EXPECT_EQ(value_of(Assembler(below).constant(1).constant(2).byte(0x0c).end()), 42U);
  EXPECT_EQ(value_of(Assembler(below).constant(1).constant(2).byte(0x2f).end()), 42U);
  EXPECT_EQ(value_of(Assembler(below).bytes({0x0d, 8}).end()), 42U);
  EXPECT_EQ(value_of(Assembler(below).bytes({0x30, 1, 0}).end()), 42U);
}

TEST(End, WithoutAnyValueIsZero) {
  EXPECT_EQ(value_of(Assembler().end()), 0U);
}

TEST(Printf, TakesItsFirstArgumentFromTheTop) {
  FakeContext context;
  context.place(0x1000, std::string_view("word\0", 5));
  // Pushed as gdb does it: last argument first, then channel and function.
  const auto code =
      Assembler().constant(0x1000).constant(7).bytes({0x22, 0, 0x22, 0}).print(2, R"(%d\t"%s"%%\n)").end();
  EXPECT_TRUE(run(code, context));
  EXPECT_EQ(context.printed(), "7\t\"word\"%\n");
}

TEST(Printf, LeavesWhatIsBelow) {
  FakeContext context;
  const auto code = Assembler().constant(42).constant(1).bytes({0x22, 0, 0x22, 0}).print(1, "%d").end();
  EXPECT_EQ(*run(code, context), 42U);
}

TEST(Printf, SurplusArgumentsAreDropped) {
  FakeContext context;
  const auto code = Assembler().constant(2).constant(1).bytes({0x22, 0, 0x22, 0}).print(2, "%d").end();
  EXPECT_EQ(*run(code, context), 0U);
  EXPECT_EQ(context.printed(), "1");
}

TEST(Printf, AStringThatCannotBeReadIsNamed) {
  FakeContext context;
  const auto code = Assembler().constant(0xbad).bytes({0x22, 0, 0x22, 0}).print(1, "<%s>").end();
  EXPECT_TRUE(run(code, context));
  EXPECT_EQ(context.printed(), "<<cannot access memory at 0xbad>>");
}

TEST(Printf, AStringEndsWithItsMemory) {
  FakeContext context;
  context.place(0x1000 - 64, std::string(64, 'x'));  // the page after it is not there
  const auto code = Assembler().constant(0x1000 - 3).bytes({0x22, 0, 0x22, 0}).print(1, "%s").end();
  EXPECT_TRUE(run(code, context));
  EXPECT_EQ(context.printed(), "xxx");
}

TEST(Printf, AStringWithoutEndIsCut) {
  FakeContext context;
  context.place(0x1000, std::string(2 * max_string, 'x'));
  const auto code = Assembler().constant(0x1001).bytes({0x22, 0, 0x22, 0}).print(1, "%s").end();
  EXPECT_TRUE(run(code, context));
  EXPECT_EQ(context.printed(), std::string(max_string, 'x'));
}

}  // namespace
}  // namespace cotrace::ax
