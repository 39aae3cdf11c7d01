// Agent expressions: bytecode that the client sends along with a breakpoint, as its condition or as commands
// (gdb manual, "The GDB Agent Expression Mechanism").
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <cotrace/error.h>

#include "ax/format.h"
#include "ax/instruction.h"

namespace cotrace::ax {

inline constexpr std::size_t max_bytecode = 65536;  // bytes; jumps could not reach further
inline constexpr std::size_t max_stack = 256;       // values

// Bytecode that has been checked: every instruction is known, every jump goes to the beginning of one, the
// stack never runs under or over and has the same height whichever way an instruction is reached, and no way
// leads past the end. What is left to go wrong when it runs is what depends on data: unmapped memory, a
// register that cannot be read, division by zero, an endless loop.
class Program {
 public:
  // Fails with Errc::invalid, or Errc::unsupported for what is correct but not served here: floating point
  // and trace state variables.
  static Result<Program> verify(std::span<const std::byte> bytecode);

  [[nodiscard]] const std::vector<Instruction>& code() const { return code_; }
  [[nodiscard]] const Format& format(std::size_t index) const { return formats_[index]; }
  // How many values a printf takes from the stack besides function and channel: at least what its format
  // wants.
  [[nodiscard]] std::size_t print_arguments(std::size_t index) const { return print_arguments_[index]; }

 private:
  std::vector<Instruction> code_;
  std::vector<Format> formats_;
  std::vector<unsigned> print_arguments_;  // by format
};

}  // namespace cotrace::ax
