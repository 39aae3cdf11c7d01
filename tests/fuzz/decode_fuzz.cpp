// Fuzzes decoding, emulation and relocation: any bytes as an instruction, with any registers.
//
// The first byte is the mode, the next 64 fill registers, the rest is code.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include "arch/x86_64/instruction.h"

namespace {

using namespace cotrace;
using namespace cotrace::arch::x86_64;

void require(bool holds) {
  if (!holds) std::abort();
}

// One page; half of it cannot be written.
class Page : public MemoryAccess {
 public:
  static constexpr std::uint64_t start = 0x10000;
  bool read(Addr address, std::span<std::byte> out) override {
    require(out.size() <= 8);
    if (address.value < start || address.value - start > sizeof bytes_ - out.size()) return false;
    std::memcpy(out.data(), bytes_ + (address.value - start), out.size());
    return true;
  }
  bool write(Addr address, std::span<const std::byte> in) override {
    require(in.size() <= 8);
    if (address.value < start || address.value - start > sizeof bytes_ / 2 - in.size()) return false;
    std::memcpy(bytes_ + (address.value - start), in.data(), in.size());
    ++writes;
    return true;
  }
  int writes{0};

 private:
  std::byte bytes_[4096]{};
};

GeneralRegs registers_from(Mode mode, std::span<const std::byte> seed) {
  GeneralRegs regs{};
  std::memcpy(&regs, seed.data(), seed.size());
  regs.rsp = Page::start + regs.rcx % 4096;
  regs.rbp = Page::start + regs.rbx % 4096;
  regs.rip = 0x401000;
  regs.cs = mode == Mode::bits64 ? 0x33 : 0x23;
  regs.ss = regs.ds = regs.es = 0x2b;
  return regs;
}

void check_copy(const Relocated& copy, Mode mode, const GeneralRegs& before, Page& page) {
  require(copy.code_size <= copy.code.size() && copy.copy_length < copy.code_size);
  const auto again = decode(mode, std::span(copy.code).first(copy.copy_length));
  require(again && again->length == copy.copy_length);
  // Entered and left without having run: nothing has changed.
  GeneralRegs regs = before;
  const std::uint64_t saved = enter_copy(copy, regs);
  require(leave_copy(copy, saved, regs, page));
  require(std::memcmp(&regs, &before, sizeof regs) == 0);
  // As if it had run.
  regs = before;
  enter_copy(copy, regs);
  regs.rip = copy.to.value + copy.copy_length;
  (void)leave_copy(copy, saved, regs, page);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t seed_size = 64;
  if (size < 1 + seed_size) return 0;
  const Mode mode = (data[0] & 1) != 0 ? Mode::bits64 : Mode::bits32;
  const auto input = std::as_bytes(std::span(data, size)).subspan(1);
  const GeneralRegs before = registers_from(mode, input.first(seed_size));
  const auto code = input.subspan(seed_size);

  const auto instruction = decode(mode, code);
  if (instruction) require(instruction->length >= 1 && instruction->length <= longest_instruction);

  Page page;
  GeneralRegs regs = before;
  const bool emulated = emulate(mode, regs, code, page);
  require(instruction || !emulated);
  require(page.writes <= (emulated ? 1 : 0));
  if (!emulated) require(std::memcmp(&regs, &before, sizeof regs) == 0);

  if (const auto copy = relocate(mode, Addr{before.rip}, Addr{0x7ffff7ff0000}, code)) {
    require(instruction && copy->length == instruction->length);
    check_copy(*copy, mode, before, page);
  }
  return 0;
}
