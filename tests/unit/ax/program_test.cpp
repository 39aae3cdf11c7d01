#include "ax/program.h"

#include <gtest/gtest.h>

#include "unit/ax/fake_context.h"

namespace cotrace::ax {
namespace {

std::optional<Errc> error_of(const Assembler& code) {
  const auto program = Program::verify(code.code());
  return program ? std::nullopt : std::optional(program.error().code);
}

Assembler of(std::initializer_list<unsigned> bytes) {
  Assembler out;
  out.bytes(bytes);
  return out;
}

TEST(Verify, TakesWhatGdbMakes) {
  // gdb 13.1 for `g.bf == 3`: const64, const8, add, ref8, zero_ext, const8, zero_ext, equal, end.
  EXPECT_FALSE(error_of(Assembler()
                            .constant(0x555555558040)
                            .bytes({0x22, 7, 0x02, 0x17, 0x2a, 5, 0x22, 3, 0x2a, 32, 0x13, 0x27})));
}

TEST(Verify, AnEmptyExpressionRunsPastItsEnd) {
  EXPECT_EQ(error_of(of({})), Errc::invalid);
}

TEST(Verify, EveryWayMustReachAnEnd) {
  EXPECT_EQ(error_of(of({0x22, 1})), Errc::invalid);
  EXPECT_EQ(error_of(of({0x22, 1, 0x20, 0, 6, 0x27, 0x22, 1})), Errc::invalid);
  EXPECT_FALSE(error_of(of({0x27})));
}

TEST(Verify, InstructionsMustBeWhole) {
  for (unsigned opcode :
       {0x0dU, 0x16U, 0x22U, 0x2aU, 0x30U, 0x32U, 0x34U, 0x20U, 0x21U, 0x26U, 0x23U, 0x24U, 0x25U}) {
    EXPECT_EQ(error_of(of({opcode})), Errc::invalid) << opcode;
  }
  EXPECT_EQ(error_of(of({0x25, 0, 0, 0, 0, 0, 0, 0})), Errc::invalid);
  EXPECT_EQ(error_of(of({0x26, 0})), Errc::invalid);
}

TEST(Verify, UnknownOpcodesAreRefusedEvenWhereNothingLeads) {
  for (unsigned opcode : {0x00U, 0x31U, 0x35U, 0x80U, 0xffU}) {
    EXPECT_EQ(error_of(of({opcode, 0x27})), Errc::invalid) << opcode;
    EXPECT_EQ(error_of(of({0x27, opcode})), Errc::invalid) << opcode;
  }
}

TEST(Verify, FloatingPointAndTraceVariablesAreUnsupported) {
  for (unsigned opcode : {0x01U, 0x1bU, 0x1cU, 0x1dU, 0x1eU, 0x1fU, 0x2cU, 0x2dU, 0x2eU}) {
    EXPECT_EQ(error_of(of({0x22, 1, opcode, 0, 1, 0x27})), Errc::unsupported) << opcode;
  }
}

TEST(Verify, JumpsMustHitAnInstruction) {
  EXPECT_FALSE(error_of(of({0x21, 0, 3, 0x27})));
  EXPECT_EQ(error_of(of({0x21, 0, 4, 0x27})), Errc::invalid);  // just behind the end
  EXPECT_EQ(error_of(of({0x21, 0xff, 0xff, 0x27})), Errc::invalid);
  EXPECT_EQ(error_of(of({0x21, 0, 1, 0x27})), Errc::invalid);              // into its own operand
  EXPECT_EQ(error_of(of({0x21, 0, 4, 0x22, 0x27, 0x27})), Errc::invalid);  // into another's
}

TEST(Verify, TheStackNeverRunsUnder) {
  const std::vector<std::pair<unsigned, unsigned>> needs = {{0x02, 2}, {0x0c, 2}, {0x0e, 1}, {0x12, 1},
                                                            {0x17, 1}, {0x28, 1}, {0x29, 1}, {0x2b, 2},
                                                            {0x2f, 2}, {0x33, 3}};
  for (const auto& [opcode, values] : needs) {
    for (unsigned have = 0; have < 4; ++have) {
      Assembler code;
      for (unsigned i = 0; i < have; ++i) code.bytes({0x22, 1});
      EXPECT_EQ(error_of(code.byte(opcode).end()).has_value(), have < values) << opcode << " with " << have;
    }
  }
}

TEST(Verify, ConditionalJumpTraceQuickAndPickNeedTheirOperands) {
  EXPECT_EQ(error_of(of({0x20, 0, 3, 0x27})), Errc::invalid);
  EXPECT_EQ(error_of(of({0x0d, 4, 0x27})), Errc::invalid);
  EXPECT_EQ(error_of(of({0x30, 0, 4, 0x27})), Errc::invalid);
  EXPECT_EQ(error_of(of({0x22, 1, 0x32, 1, 0x27})), Errc::invalid);
  EXPECT_FALSE(error_of(of({0x22, 1, 0x32, 0, 0x27})));
  EXPECT_EQ(error_of(of({0x32, 255, 0x27})), Errc::invalid);
}

TEST(Verify, TheStackNeverRunsOver) {
  Assembler fits;
  for (std::size_t i = 0; i < max_stack; ++i) fits.bytes({0x22, 1});
  EXPECT_FALSE(error_of(Assembler(fits).end()));
  EXPECT_EQ(error_of(Assembler(fits).bytes({0x22, 1}).end()), Errc::invalid);
}

TEST(Verify, ALoopMayNotGrowTheStack) {
  EXPECT_EQ(error_of(of({0x22, 1, 0x21, 0, 0, 0x27})), Errc::invalid);
  EXPECT_FALSE(error_of(of({0x22, 1, 0x29, 0x21, 0, 0, 0x27})));
}

TEST(Verify, TheHeightIsTheSameOnEveryWay) {
  // 1; if true skip the second constant; end: one or two values at the end.
  EXPECT_EQ(error_of(of({0x22, 1, 0x20, 0, 7, 0x22, 2, 0x27})), Errc::invalid);
}

TEST(Verify, ExtensionsAreOf1To64Bits) {
  EXPECT_EQ(error_of(of({0x22, 1, 0x16, 0, 0x27})), Errc::invalid);
  EXPECT_EQ(error_of(of({0x22, 1, 0x2a, 65, 0x27})), Errc::invalid);
  EXPECT_FALSE(error_of(of({0x22, 1, 0x16, 64, 0x27})));
}

TEST(Verify, ALongExpressionIsRefused) {
  std::vector<std::byte> code(max_bytecode + 1, std::byte{0x27});
  EXPECT_FALSE(Program::verify(code));
  code.pop_back();
  EXPECT_TRUE(Program::verify(code));
}

TEST(VerifyPrintf, NeedsFunctionChannelAndArguments) {
  EXPECT_FALSE(error_of(Assembler().bytes({0x22, 1, 0x22, 0, 0x22, 0}).print(1, "%d").end()));
  EXPECT_EQ(error_of(Assembler().bytes({0x22, 0, 0x22, 0}).print(1, "%d").end()), Errc::invalid);
  EXPECT_EQ(error_of(Assembler().bytes({0x22, 0}).print(0, "x").end()), Errc::invalid);
}

TEST(VerifyPrintf, TheFormatMustFitTheArgumentsAndEnd) {
  EXPECT_EQ(error_of(Assembler().bytes({0x22, 1, 0x22, 0, 0x22, 0}).print(1, "%d%d").end()), Errc::invalid);
  EXPECT_EQ(error_of(of({0x22, 0, 0x22, 0, 0x34, 0, 0, 1, 'x', 0x27})), Errc::invalid);  // no NUL
  EXPECT_EQ(error_of(of({0x22, 0, 0x22, 0, 0x34, 0, 0, 0, 0x27})), Errc::invalid);       // not even that
  EXPECT_EQ(error_of(of({0x22, 0, 0x22, 0, 0x34, 0, 0xff, 0xff, 'x', 0, 0x27})), Errc::invalid);
  EXPECT_EQ(error_of(Assembler().bytes({0x22, 1, 0x22, 0, 0x22, 0}).print(1, "%n").end()), Errc::unsupported);
}

}  // namespace
}  // namespace cotrace::ax
