// The processor itself as the judge: runs single instructions in a child process and tells what they did.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "arch/x86_64/instruction.h"

namespace cotrace::test {

using arch::x86_64::GeneralRegs;
using arch::x86_64::MemoryAccess;
using arch::x86_64::Mode;

// "48 8b 03" -> bytes
std::vector<std::byte> bytes(std::string_view hex);
std::string hex(std::span<const std::byte> bytes);

// All that a test compares, as text, so that a failure says what differs.
std::string describe(const GeneralRegs& regs);

// A traced child that shares one writable and executable mapping below 2 GiB with the test, at the same
// address in both.
class Processor {
 public:
  static constexpr std::size_t page = 4096;
  static constexpr std::size_t data_size = 2 * page;

  Processor();
  ~Processor();
  Processor(const Processor&) = delete;
  Processor& operator=(const Processor&) = delete;

  [[nodiscard]] std::uint64_t code() const { return base_ + 2 * page; }     // for originals
  [[nodiscard]] std::uint64_t scratch() const { return base_ + 5 * page; }  // for copies
  [[nodiscard]] std::uint64_t data_address() const { return base_ + 8 * page; }
  [[nodiscard]] std::span<std::byte> data() const;
  void put(std::uint64_t address, std::span<const std::byte> bytes) const;
  // Breakpoints everywhere outside of the data.
  void clear_code() const;

  // Registers as the child has them, outside of any system call.
  [[nodiscard]] GeneralRegs plain_registers(Mode mode = Mode::bits64) const;

  struct Outcome {
    int signal{0};  // SIGTRAP for a step
    GeneralRegs regs{};
  };
  // Steps the instruction at regs.rip.
  [[nodiscard]] Outcome step(const GeneralRegs& regs) const;
  // Runs from regs.rip until a signal.
  [[nodiscard]] Outcome run(const GeneralRegs& regs) const;

  // The XSAVE area without x87's instruction and operand pointers, which tell where an instruction stood.
  [[nodiscard]] std::vector<std::byte> xstate() const;
  void set_xstate(std::vector<std::byte> area) const;

  void set_debug_register(int index, std::uint64_t value) const;
  [[nodiscard]] std::uint64_t debug_register(int index) const;

 private:
  void unmap(std::uint64_t start, std::uint64_t size) const;
  [[nodiscard]] Outcome resume(const GeneralRegs& regs, int request) const;
  std::uint64_t base_{0};
  std::size_t size_{0};
  pid_t child_{0};
  GeneralRegs plain_{};
};

// The data part of the mapping; anything else is not there.
class DataMemory : public MemoryAccess {
 public:
  explicit DataMemory(const Processor& processor) : processor_(processor) {}
  bool read(Addr address, std::span<std::byte> out) override;
  bool write(Addr address, std::span<const std::byte> in) override;

 private:
  [[nodiscard]] std::byte* find(Addr address, std::size_t size) const;
  const Processor& processor_;
};

// Values that flags and addresses depend on: extremes, small numbers, places in the data.
std::uint64_t interesting_value(std::mt19937_64& random, const Processor& processor);
// General registers of such values, rsp in the data, flags at random.
GeneralRegs random_registers(std::mt19937_64& random, const Processor& processor, Mode mode);
void fill_randomly(std::span<std::byte> bytes, std::mt19937_64& random);

}  // namespace cotrace::test
