#include "ax/evaluate.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace cotrace::ax {

namespace {

using What = op::Binary::What;

constexpr std::int64_t as_signed(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}
constexpr std::uint64_t as_unsigned(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();

// Divisors are not zero here. The lowest number divided by -1 wraps, where the processor would trap.
std::int64_t divide(std::int64_t left, std::int64_t right) {
  return left == lowest && right == -1 ? lowest : left / right;
}
std::int64_t remainder(std::int64_t left, std::int64_t right) {
  return right == -1 ? 0 : left % right;
}

// Shifts by 64 and more leave nothing (or nothing but the sign) instead of being undefined.
std::uint64_t shift_left(std::uint64_t value, std::uint64_t count) {
  return count > 63 ? 0 : value << count;
}
std::uint64_t shift_right(std::uint64_t value, std::uint64_t count) {
  return count > 63 ? 0 : value >> count;
}
std::int64_t shift_right_signed(std::int64_t value, std::uint64_t count) {
  return value >> std::min<std::uint64_t>(count, 63);
}

bool divides(What what) {
  return what == What::div_signed || what == What::div_unsigned || what == What::rem_signed ||
         what == What::rem_unsigned;
}

std::uint64_t compute(What what, std::uint64_t left, std::uint64_t right) {
  switch (what) {
    case What::add:
      return left + right;
    case What::sub:
      return left - right;
    case What::mul:
      return left * right;
    case What::div_signed:
      return as_unsigned(divide(as_signed(left), as_signed(right)));
    case What::div_unsigned:
      return left / right;
    case What::rem_signed:
      return as_unsigned(remainder(as_signed(left), as_signed(right)));
    case What::rem_unsigned:
      return left % right;
    case What::lsh:
      return shift_left(left, right);
    case What::rsh_signed:
      return as_unsigned(shift_right_signed(as_signed(left), right));
    case What::rsh_unsigned:
      return shift_right(left, right);
    case What::bit_and:
      return left & right;
    case What::bit_or:
      return left | right;
    case What::bit_xor:
      return left ^ right;
    case What::equal:
      return left == right ? 1 : 0;
    case What::less_signed:
      return as_signed(left) < as_signed(right) ? 1 : 0;
    case What::less_unsigned:
      return left < right ? 1 : 0;
  }
  return 0;
}

std::uint64_t extend(std::uint64_t value, op::Extend how) {
  const unsigned unused = 64 - how.bits;
  const auto raised = value << unused;
  return how.sign ? as_unsigned(as_signed(raised) >> unused) : raised >> unused;
}

// Runs a verified program: no step checks the stack or the jumps again.
class Machine {
 public:
  Machine(const Program& program, Context& context) : program_(program), context_(context) {}

  Result<std::uint64_t> run(std::size_t steps) {
    for (; steps > 0; --steps) {
      const auto& instruction = program_.code()[next_++];
      if (std::holds_alternative<op::End>(instruction)) return size_ == 0 ? 0 : top();
      if (auto done = std::visit([this](const auto& one) { return execute(one); }, instruction); !done) {
        return std::unexpected(std::move(done.error()));
      }
    }
    return fail(Errc::no_resources, "the expression takes too many steps");
  }

 private:
  std::uint64_t& top() { return stack_[size_ - 1]; }
  std::uint64_t pop() { return stack_[--size_]; }
  void push(std::uint64_t value) { stack_[size_++] = value; }

  Result<> execute(const op::Binary& binary) {
    const auto right = pop();
    if (right == 0 && divides(binary.what)) return fail(Errc::invalid, "division by zero");
    top() = compute(binary.what, top(), right);
    return {};
  }
  Result<> execute(const op::LogicalNot& /*instruction*/) {
    top() = top() == 0 ? 1 : 0;
    return {};
  }
  Result<> execute(const op::BitNot& /*instruction*/) {
    top() = ~top();
    return {};
  }
  Result<> execute(const op::Extend& how) {
    top() = extend(top(), how);
    return {};
  }
  Result<> execute(const op::Read& read) {
    std::array<std::byte, 8> bytes{};
    const auto used = std::span(bytes).first(read.bytes);
    if (auto done = context_.read_memory(Addr{top()}, used); !done) return done;
    if (context_.byte_order() == std::endian::little) std::ranges::reverse(used);
    std::uint64_t value = 0;
    for (std::byte byte : used) value = value << 8 | std::to_integer<std::uint64_t>(byte);
    top() = value;
    return {};
  }
  Result<> execute(const op::Constant& constant) {
    push(constant.value);
    return {};
  }
  Result<> execute(const op::Register& reg) {
    const auto value = context_.read_register(reg.number);
    if (!value) return std::unexpected(value.error());
    push(*value);
    return {};
  }
  Result<> execute(const op::Jump& jump) {
    if (!jump.if_true || pop() != 0) next_ = jump.target;
    return {};
  }
  Result<> execute(const op::Duplicate& /*instruction*/) {
    push(top());
    return {};
  }
  Result<> execute(const op::Pop& /*instruction*/) {
    pop();
    return {};
  }
  Result<> execute(const op::Swap& /*instruction*/) {
    std::swap(stack_[size_ - 1], stack_[size_ - 2]);
    return {};
  }
  Result<> execute(const op::Rotate& /*instruction*/) {
    const auto last = stack_.begin() + static_cast<std::ptrdiff_t>(size_);
    std::rotate(last - 3, last - 1, last);
    return {};
  }
  Result<> execute(const op::Pick& pick) {
    push(stack_[size_ - 1 - pick.depth]);
    return {};
  }
  Result<> execute(const op::Record& record) {
    size_ -= record.takes;
    return {};
  }
  Result<> execute(const op::Print& print) {
    size_ -= 2;  // function and channel
    // gdb pushes the last argument first, so that the first is nearest to the top.
    std::array<std::uint64_t, max_stack> arguments;
    const auto count = program_.print_arguments(print.format);
    for (std::size_t i = 0; i < count; ++i) arguments[i] = pop();
    const auto text = program_.format(print.format)
                          .render(std::span(arguments).first(count),
                                  [this](std::uint64_t address) { return read_string(address); });
    context_.print(text);
    return {};
  }
  Result<> execute(const op::End& /*instruction*/) { return {}; }

  // In pieces that end at multiples of their size, so that no piece touches a page that the string does not
  // reach. A target whose memory does not end at pages (an emulator's) is asked byte by byte once a piece has
  // failed.
  std::optional<std::string> read_string(std::uint64_t address) {
    std::uint64_t piece = 64;
    std::array<std::byte, 64> buffer;
    std::string out;
    while (out.size() < max_string) {
      const auto bytes = std::span(buffer).first(static_cast<std::size_t>(piece - address % piece));
      if (!context_.read_memory(Addr{address}, bytes)) {
        if (piece == 1) return out.empty() ? std::nullopt : std::optional(out);
        piece = 1;
        continue;
      }
      const auto end = std::ranges::find(bytes, std::byte{0});
      out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(end - bytes.begin()));
      if (end != bytes.end()) return out;
      address += bytes.size();
    }
    out.resize(max_string);
    return out;
  }

  const Program& program_;
  Context& context_;
  std::size_t next_{0};
  std::size_t size_{0};
  std::array<std::uint64_t, max_stack> stack_;  // below size_; left uninitialised
};

}  // namespace

Result<std::uint64_t> evaluate(const Program& program, Context& context, std::size_t steps) {
  // A program that did not come from verify() has no code.
  if (program.code().empty()) return fail(Errc::invalid, "an empty expression");
  return Machine(program, context).run(steps);
}

}  // namespace cotrace::ax
