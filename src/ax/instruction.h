// The instructions of agent expressions, decoded (gdb manual, "Bytecode Descriptions").
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>

namespace cotrace::ax {

// The stack holds 64-bit integers that have no sign of their own; the instructions say how they read them.
namespace op {

// Two values off, one on. `left` is the one below the top.
struct Binary {
  enum class What : std::uint8_t {
    add,
    sub,
    mul,
    div_signed,
    div_unsigned,
    rem_signed,
    rem_unsigned,
    lsh,
    rsh_signed,
    rsh_unsigned,
    bit_and,
    bit_or,
    bit_xor,
    equal,
    less_signed,
    less_unsigned,
  } what;
};
struct LogicalNot {};
struct BitNot {};
// Keep the low `bits` (1 to 64) and fill up with the sign or with zeros.
struct Extend {
  unsigned bits;
  bool sign;
};
// Replace an address by the 1, 2, 4 or 8 bytes there, zero-extended.
struct Read {
  unsigned bytes;
};
struct Constant {
  std::uint64_t value;
};
struct Register {
  int number;
};
// `target` is an index into the program.
struct Jump {
  std::size_t target;
  bool if_true;
};
struct Duplicate {};
struct Pop {};
struct Swap {};
struct Rotate {};  // a b c becomes c a b
struct Pick {
  unsigned depth;  // 0: the top
};
// trace, tracenz, trace_quick, trace16: memory to be recorded in a trace frame. There are no trace frames
// here, so they only take their operands.
struct Record {
  unsigned needs, takes;
};
// printf. `format` is an index into the program's formats. On the stack, from the top: function, channel
// (neither is used), the first argument, the second ...
struct Print {
  std::size_t format;
};
struct End {};

}  // namespace op

using Instruction = std::variant<op::Binary, op::LogicalNot, op::BitNot, op::Extend, op::Read, op::Constant,
                                 op::Register, op::Jump, op::Duplicate, op::Pop, op::Swap, op::Rotate,
                                 op::Pick, op::Record, op::Print, op::End>;

}  // namespace cotrace::ax
