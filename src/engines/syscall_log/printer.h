// One system call while it is being written down, and the vocabulary that the tables of calls are made of.
//
// A table row names a call and how each of its arguments is printed: {"read", {descriptor, buffer_out,
// size}}. Arguments that the kernel reads are printed at the entry, before it may change them or the program
// goes on to use the memory for something else; arguments that it writes are printed at the exit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engines/syscall_log/memory.h"

namespace cotrace::engines::syscall_log {

struct Style {
  std::size_t string_limit{32};
  bool abbreviate{true};  // leave out members of structures, and environments
  enum class Descriptors : std::uint8_t { numbers, paths, details } descriptors{Descriptors::numbers};
};

struct Call {
  std::uint64_t number{0};
  std::array<std::uint64_t, 6> args{};
  bool exiting{false};             // false: at the entry
  std::int64_t result{0};          // at the exit
  std::uint64_t stack_pointer{0};  // for calls whose arguments are on the stack, else 0
  // What a printer saw at the entry and wants to have at the exit (a length that the kernel changes).
  std::array<std::uint64_t, 6> saved{};

  [[nodiscard]] bool failed() const { return result < 0 && result >= -4095; }
};

class Printer {
 public:
  Printer(Call& of, Memory& memory, const Style& style, Descriptors& descriptors)
      : call(of), memory_(memory), style_(style), descriptors_(descriptors) {}

  Call& call;

  [[nodiscard]] const Style& style() const { return style_; }
  [[nodiscard]] Descriptors& descriptors() { return descriptors_; }
  [[nodiscard]] std::string take() { return std::exchange(out_, {}); }

  void text(std::string_view part) { out_ += part; }
  template <class... Arguments>
  void format(fmt::format_string<Arguments...> pattern, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(out_), pattern, std::forward<Arguments>(arguments)...);
  }

  std::size_t read(std::uint64_t address, std::span<std::byte> out) {
    return memory_.read(Addr{address}, out);
  }
  // The whole object, or nothing.
  template <class Type>
  std::optional<Type> read(std::uint64_t address) {
    Type value{};
    if (address == 0) return std::nullopt;
    if (read(address, std::as_writable_bytes(std::span(&value, 1))) != sizeof value) return std::nullopt;
    return value;
  }

  // This argument, or also those that follow it, are not shown: the call does not look at them.
  void skip() { skipped_ = true; }
  void omit_rest() { omitted_ = true; }
  // Said by a remark: what the result is, where the arguments decide that.
  void result_is_hexadecimal() { hexadecimal_result_ = true; }
  void result_is_descriptor() { descriptor_result_ = true; }
  [[nodiscard]] bool hexadecimal_result() const { return hexadecimal_result_; }
  [[nodiscard]] bool descriptor_result() const { return descriptor_result_; }
  [[nodiscard]] bool take_skipped() { return std::exchange(skipped_, false); }
  [[nodiscard]] bool omitted() const { return omitted_; }

 private:
  Memory& memory_;
  const Style& style_;
  Descriptors& descriptors_;
  std::string out_;
  bool skipped_{false};
  bool omitted_{false};
  bool hexadecimal_result_{false};
  bool descriptor_result_{false};
};

using PrintArgument = void (*)(Printer& to, unsigned index);

enum class When : std::uint8_t {
  entry,
  exit,
  both,   // called at the entry too, where it may save something, and its text there is not used
  maybe,  // at the exit, or not at all: nothing at the entry says that it will come
  never,  // the call takes it, nobody wants to see it
};

struct Argument {
  PrintArgument print{nullptr};
  When when{When::entry};
  // At the exit, right behind what was printed at the entry: " => {...}".
  PrintArgument after{nullptr};
};

// What is written after "= " when the call has succeeded.
enum class Returns : std::uint8_t { number, hexadecimal, octal, descriptor, nothing };

struct Signature {
  std::string_view name;
  std::array<Argument, 6> arguments;
  Returns returns{Returns::number};
  // In parentheses after the result: "(Timeout)". Nothing is written where it leaves the printer empty.
  void (*remark)(Printer& to){nullptr};

  [[nodiscard]] unsigned arity() const {
    unsigned count = 0;
    while (count < arguments.size() && arguments[count].print != nullptr) ++count;
    return count;
  }
};

// The words that rows are made of are in a namespace of their own, which the tables alone are using.
namespace words {}

using Signatures = std::span<const Signature>;

}  // namespace cotrace::engines::syscall_log
