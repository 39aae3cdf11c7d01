#include "ax/program.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/overloaded.h"

namespace cotrace::ax {

namespace {

using base::Overloaded;

// Opcodes with operands, and those that are refused.
namespace code {
constexpr unsigned trace_quick = 0x0d, ext = 0x16, if_goto = 0x20, go_to = 0x21;
constexpr unsigned const8 = 0x22, const16 = 0x23, const32 = 0x24, const64 = 0x25, reg = 0x26;
constexpr unsigned zero_ext = 0x2a, getv = 0x2c, tracev = 0x2e, trace16 = 0x30, pick = 0x32;
constexpr unsigned print = 0x34;
constexpr unsigned floating = 0x01, ref_float = 0x1b, d_to_l = 0x1f;
}  // namespace code

using What = op::Binary::What;

struct Bare {
  unsigned opcode;
  Instruction instruction;
};

// Opcodes without operands.
constexpr std::array bare_instructions = {
    Bare{0x02, op::Binary{What::add}},
    Bare{0x03, op::Binary{What::sub}},
    Bare{0x04, op::Binary{What::mul}},
    Bare{0x05, op::Binary{What::div_signed}},
    Bare{0x06, op::Binary{What::div_unsigned}},
    Bare{0x07, op::Binary{What::rem_signed}},
    Bare{0x08, op::Binary{What::rem_unsigned}},
    Bare{0x09, op::Binary{What::lsh}},
    Bare{0x0a, op::Binary{What::rsh_signed}},
    Bare{0x0b, op::Binary{What::rsh_unsigned}},
    Bare{0x0c, op::Record{2, 2}},
    Bare{0x0e, op::LogicalNot{}},
    Bare{0x0f, op::Binary{What::bit_and}},
    Bare{0x10, op::Binary{What::bit_or}},
    Bare{0x11, op::Binary{What::bit_xor}},
    Bare{0x12, op::BitNot{}},
    Bare{0x13, op::Binary{What::equal}},
    Bare{0x14, op::Binary{What::less_signed}},
    Bare{0x15, op::Binary{What::less_unsigned}},
    Bare{0x17, op::Read{1}},
    Bare{0x18, op::Read{2}},
    Bare{0x19, op::Read{4}},
    Bare{0x1a, op::Read{8}},
    Bare{0x27, op::End{}},
    Bare{0x28, op::Duplicate{}},
    Bare{0x29, op::Pop{}},
    Bare{0x2b, op::Swap{}},
    Bare{0x2f, op::Record{2, 2}},
    Bare{0x33, op::Rotate{}},
};

// How many values an instruction needs on the stack, and what their number is afterwards.
struct Effect {
  std::size_t needs, takes, gives;
};

// A jump's target is a byte offset until all of the code is known.
struct Decoded {
  std::vector<Instruction> code;
  std::vector<Format> formats;
  std::vector<unsigned> print_arguments;             // by format: numargs
  std::vector<std::optional<std::size_t>> index_at;  // by byte offset
};

class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> bytes) : bytes_(bytes) {}

  Result<Decoded> run() {
    out_.index_at.resize(bytes_.size());
    while (at_ < bytes_.size()) {
      out_.index_at[at_] = out_.code.size();
      auto instruction = one();
      if (!instruction) return std::unexpected(std::move(instruction.error()));
      out_.code.push_back(*instruction);
    }
    return std::move(out_);
  }

 private:
  // Operands are big-endian, whatever the target is.
  Result<std::uint64_t> operand(std::size_t width) {
    if (bytes_.size() - at_ < width) return fail(Errc::invalid, "the bytecode ends within an instruction");
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i)
      value = value << 8 | std::to_integer<std::uint64_t>(bytes_[at_++]);
    return value;
  }

  template <class Make>
  Result<Instruction> with_operand(std::size_t width, Make make) {
    const auto value = operand(width);
    if (!value) return std::unexpected(value.error());
    return make(*value);
  }

  Result<Instruction> one() {
    const auto opcode = std::to_integer<unsigned>(bytes_[at_++]);
    for (const auto& bare : bare_instructions) {
      if (bare.opcode == opcode) return bare.instruction;
    }
    switch (opcode) {
      case code::ext:
      case code::zero_ext:
        return extend(opcode == code::ext);
      case code::const8:
      case code::const16:
      case code::const32:
      case code::const64:
        return with_operand(std::size_t{1} << (opcode - code::const8),
                            [](std::uint64_t value) { return op::Constant{value}; });
      case code::reg:
        return with_operand(2, [](std::uint64_t n) { return op::Register{static_cast<int>(n)}; });
      case code::if_goto:
      case code::go_to:
        return with_operand(2, [&](std::uint64_t to) { return op::Jump{to, opcode == code::if_goto}; });
      case code::pick:
        return with_operand(1, [](std::uint64_t n) { return op::Pick{static_cast<unsigned>(n)}; });
      case code::trace_quick:
        return with_operand(1, [](std::uint64_t) { return op::Record{1, 0}; });
      case code::trace16:
        return with_operand(2, [](std::uint64_t) { return op::Record{1, 0}; });
      case code::print:
        return print();
      default:
        return refuse(opcode);
    }
  }

  Result<Instruction> extend(bool sign) {
    const auto bits = operand(1);
    if (!bits) return std::unexpected(bits.error());
    if (*bits < 1 || *bits > 64) return fail(Errc::invalid, "an extension is of 1 to 64 bits");
    return op::Extend{static_cast<unsigned>(*bits), sign};
  }

  // numargs, two bytes of length, the format with a NUL that the length includes.
  Result<Instruction> print() {
    const auto arguments = operand(1);
    const auto length = arguments ? operand(2) : arguments;
    if (!length) return std::unexpected(length.error());
    if (bytes_.size() - at_ < *length) return fail(Errc::invalid, "the bytecode ends within a format string");
    const auto raw = bytes_.subspan(at_, static_cast<std::size_t>(*length));
    at_ += raw.size();
    if (raw.empty() || raw.back() != std::byte{0}) return fail(Errc::invalid, "a format string has no end");
    // A NUL further inside ends the string, too, as it would in C.
    const auto text = std::string_view(reinterpret_cast<const char*>(raw.data()), raw.size());
    auto format = Format::parse(text.substr(0, text.find('\0')));
    if (!format) return std::unexpected(std::move(format.error()));
    if (format->argument_count() > *arguments) {
      return fail(Errc::invalid, "a format string wants more arguments than there are");
    }
    out_.formats.push_back(std::move(*format));
    out_.print_arguments.push_back(static_cast<unsigned>(*arguments));
    return op::Print{out_.formats.size() - 1};
  }

  static Result<Instruction> refuse(unsigned opcode) {
    // gdb emits these only where the expression itself is of a floating type.
    if (opcode == code::floating || (opcode >= code::ref_float && opcode <= code::d_to_l)) {
      return fail(Errc::unsupported, "agent expressions have no floating point");
    }
    if (opcode >= code::getv && opcode <= code::tracev) {  // setv is between them
      return fail(Errc::unsupported, "trace state variables are not supported");
    }
    return fail(Errc::invalid, "unknown instruction " + std::to_string(opcode) + " in the bytecode");
  }

  std::span<const std::byte> bytes_;
  std::size_t at_{0};
  Decoded out_;
};

// From byte offsets to instructions.
Result<> link_jumps(Decoded& program) {
  for (auto& instruction : program.code) {
    auto* jump = std::get_if<op::Jump>(&instruction);
    if (jump == nullptr) continue;
    if (jump->target >= program.index_at.size() || !program.index_at[jump->target]) {
      return fail(Errc::invalid, "a jump goes to no instruction");
    }
    jump->target = *program.index_at[jump->target];
  }
  return {};
}

Effect effect_of(const Decoded& program, const Instruction& instruction) {
  return std::visit(Overloaded{
                        [](const op::Binary&) { return Effect{2, 2, 1}; },
                        [](const op::LogicalNot&) { return Effect{1, 1, 1}; },
                        [](const op::BitNot&) { return Effect{1, 1, 1}; },
                        [](const op::Extend&) { return Effect{1, 1, 1}; },
                        [](const op::Read&) { return Effect{1, 1, 1}; },
                        [](const op::Constant&) { return Effect{0, 0, 1}; },
                        [](const op::Register&) { return Effect{0, 0, 1}; },
                        [](const op::Jump& jump) { return jump.if_true ? Effect{1, 1, 0} : Effect{0, 0, 0}; },
                        [](const op::Duplicate&) { return Effect{1, 1, 2}; },
                        [](const op::Pop&) { return Effect{1, 1, 0}; },
                        [](const op::Swap&) { return Effect{2, 2, 2}; },
                        [](const op::Rotate&) { return Effect{3, 3, 3}; },
                        [](const op::Pick& pick) { return Effect{pick.depth + std::size_t{1}, 0, 1}; },
                        [](const op::Record& record) { return Effect{record.needs, record.takes, 0}; },
                        [&](const op::Print& print) {
                          const std::size_t values = program.print_arguments[print.format] + std::size_t{2};
                          return Effect{values, values, 0};
                        },
                        [](const op::End&) { return Effect{0, 0, 0}; },
                    },
                    instruction);
}

// Follows every way through the code once, with the height of the stack. As the heights must agree where ways
// meet, each instruction is looked at once, and the time is linear in the code's size whatever its jumps are.
class StackCheck {
 public:
  explicit StackCheck(const Decoded& program) : program_(program), heights_(program.code.size()) {}

  Result<> run() {
    if (auto reached = reach(0, 0); !reached) return reached;
    while (!work_.empty()) {
      const auto index = work_.back();
      work_.pop_back();
      if (auto followed = follow(index); !followed) return followed;
    }
    return {};
  }

 private:
  Result<> reach(std::size_t index, std::size_t height) {
    if (index >= heights_.size()) return fail(Errc::invalid, "the bytecode runs past its end");
    if (!heights_[index]) {
      heights_[index] = height;
      work_.push_back(index);
    } else if (*heights_[index] != height) {
      return fail(Errc::invalid, "the stack's height depends on the way taken");
    }
    return {};
  }

  Result<> follow(std::size_t index) {
    const auto& instruction = program_.code[index];
    const auto effect = effect_of(program_, instruction);
    const std::size_t before = *heights_[index];
    if (before < effect.needs) return fail(Errc::invalid, "the bytecode takes from an empty stack");
    const std::size_t after = before - effect.takes + effect.gives;
    if (after > max_stack) return fail(Errc::invalid, "the bytecode needs too large a stack");
    if (std::holds_alternative<op::End>(instruction)) return {};
    const auto* jump = std::get_if<op::Jump>(&instruction);
    if (jump != nullptr) {
      if (auto reached = reach(jump->target, after); !reached || !jump->if_true) return reached;
    }
    return reach(index + 1, after);
  }

  const Decoded& program_;
  std::vector<std::optional<std::size_t>> heights_;  // before each instruction; nothing: not reached yet
  std::vector<std::size_t> work_;
};

}  // namespace

Result<Program> Program::verify(std::span<const std::byte> bytecode) {
  if (bytecode.size() > max_bytecode) return fail(Errc::invalid, "the bytecode is too long");
  auto decoded = Decoder(bytecode).run();
  if (!decoded) return std::unexpected(std::move(decoded.error()));
  if (auto linked = link_jumps(*decoded); !linked) return std::unexpected(std::move(linked.error()));
  if (auto checked = StackCheck(*decoded).run(); !checked) return std::unexpected(std::move(checked.error()));
  Program out;
  out.code_ = std::move(decoded->code);
  out.formats_ = std::move(decoded->formats);
  out.print_arguments_ = std::move(decoded->print_arguments);
  return out;
}

}  // namespace cotrace::ax
