// Any bytes as an agent expression: verify must refuse them or the evaluation must end without touching
// anything but the context (the stack's bounds are what the address sanitizer watches).
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "ax/evaluate.h"

namespace {

using namespace cotrace;

// Half of the memory is there. Its contents and the registers follow from their numbers.
class PatternContext final : public ax::Context {
 public:
  Result<> read_memory(Addr address, std::span<std::byte> out) override {
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto at = address.value + i;
      if ((at & 0x1000) != 0) return fail(Errc::unmapped, "not there");
      out[i] = static_cast<std::byte>(at * 31);
    }
    return {};
  }
  Result<std::uint64_t> read_register(int number) override {
    if (number > 100) return fail(Errc::not_found, "no such register");
    return static_cast<std::uint64_t>(number) * 0x0123456789abcdef;
  }
  void print(std::string_view text) override {
    if (text.size() > ax::max_output) std::abort();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto program = ax::Program::verify(std::as_bytes(std::span(data, size)));
  if (!program) return 0;
  PatternContext context;
  (void)ax::evaluate(*program, context, 1000);
  return 0;
}
