// A thread for expressions to look at: some memory, some registers, what was printed.
#pragma once

#include <cstring>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ax/evaluate.h"

namespace cotrace::ax {

class FakeContext final : public Context {
 public:
  void place(std::uint64_t address, std::string_view bytes) {
    for (char c : bytes) memory_[address++] = static_cast<std::byte>(c);
  }
  void set_register(int number, std::uint64_t value) { registers_[number] = value; }
  void set_byte_order(std::endian order) { order_ = order; }
  [[nodiscard]] const std::string& printed() const { return printed_; }

  Result<> read_memory(Addr address, std::span<std::byte> out) override {
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto found = memory_.find(address.value + i);
      if (found == memory_.end()) return fail(Errc::unmapped, "nothing there");
      out[i] = found->second;
    }
    return {};
  }
  Result<std::uint64_t> read_register(int number) override {
    const auto found = registers_.find(number);
    if (found == registers_.end()) return fail(Errc::not_found, "no such register");
    return found->second;
  }
  void print(std::string_view text) override { printed_ += text; }
  [[nodiscard]] std::endian byte_order() const override { return order_; }

 private:
  std::map<std::uint64_t, std::byte> memory_;
  std::map<int, std::uint64_t> registers_;
  std::string printed_;
  std::endian order_{std::endian::little};
};

// Bytecode written down piece by piece.
class Assembler {
 public:
  Assembler& byte(unsigned value) {
    bytes_.push_back(static_cast<std::byte>(value));
    return *this;
  }
  Assembler& bytes(std::initializer_list<unsigned> values) {
    for (unsigned value : values) byte(value);
    return *this;
  }
  Assembler& constant(std::uint64_t value) {
    byte(0x25);
    for (int shift = 56; shift >= 0; shift -= 8) byte(static_cast<unsigned>(value >> shift) & 0xff);
    return *this;
  }
  // printf with a format string; function and channel and arguments must be on the stack.
  Assembler& print(unsigned arguments, std::string_view format) {
    const auto size = format.size() + 1;
    bytes({0x34, arguments, static_cast<unsigned>(size >> 8), static_cast<unsigned>(size & 0xff)});
    for (char c : format) byte(static_cast<unsigned char>(c));
    return byte(0);
  }
  Assembler& end() { return byte(0x27); }
  [[nodiscard]] const std::vector<std::byte>& code() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace cotrace::ax
