// Runs agent expressions.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "ax/program.h"

namespace cotrace::ax {

// What an expression sees: the stopped thread that it is evaluated for.
class Context {
 public:
  virtual ~Context() = default;
  // All of `out` or an error.
  virtual Result<> read_memory(Addr address, std::span<std::byte> out) = 0;
  // By the number that the target description gives it; zero-extended to 64 bits.
  virtual Result<std::uint64_t> read_register(int number) = 0;
  // Output of the printf instruction, for the client's console.
  virtual void print(std::string_view text) = 0;
  [[nodiscard]] virtual std::endian byte_order() const { return std::endian::little; }
};

// Enough for any condition that a debugger makes of one expression; a loop without end is cut after well
// under a millisecond (plus the time of its memory reads).
inline constexpr std::size_t default_steps = 10000;

// The value on top of the stack at the end, 0 if there is none (commands leave none). Errors of the context
// are passed on; division by zero is Errc::invalid, more than `steps` instructions Errc::no_resources. What
// was printed before an error stays printed.
Result<std::uint64_t> evaluate(const Program& program, Context& context, std::size_t steps = default_steps);

}  // namespace cotrace::ax
