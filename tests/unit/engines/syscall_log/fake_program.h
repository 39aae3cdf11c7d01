// A program that is not there: memory and descriptors for decoders.
#pragma once

#include <cstring>
#include <fmt/format.h>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

#include "engines/syscall_log/calls.h"
#include "engines/syscall_log/memory.h"

namespace cotrace::engines::syscall_log::test {

class FakeProgram : public Memory, public Descriptors {
 public:
  std::size_t read(Addr address, std::span<std::byte> out) override {
    for (std::size_t at = 0; at < out.size(); ++at) {
      const auto byte = bytes_.find(address.value + at);
      if (byte == bytes_.end()) return at;
      out[at] = byte->second;
    }
    return out.size();
  }
  std::optional<std::string> target(int descriptor) override {
    const auto at = targets.find(descriptor);
    return at == targets.end() ? std::nullopt : std::optional(at->second);
  }

  // Puts it into the memory; where it is.
  std::uint64_t put(const void* from, std::size_t length) {
    const auto at = next_;
    const auto* bytes = static_cast<const std::byte*>(from);
    for (std::size_t i = 0; i < length; ++i) bytes_[at + i] = bytes[i];
    next_ += length + hole;
    return at;
  }
  std::uint64_t put(std::string_view string) {
    const std::string copy(string);
    return put(copy.c_str(), copy.size() + 1);
  }
  template <class Type>
  std::uint64_t put_object(const Type& object) {
    return put(&object, sizeof object);
  }
  void overwrite(std::uint64_t at, const void* from, std::size_t length) {
    for (std::size_t i = 0; i < length; ++i) bytes_[at + i] = static_cast<const std::byte*>(from)[i];
  }

  std::map<int, std::string> targets;

 private:
  static constexpr std::uint64_t hole = 64;  // nothing is mapped between two objects
  std::map<std::uint64_t, std::byte> bytes_;
  std::uint64_t next_{0x10000};
};

class Decoding : public ::testing::Test {
 protected:
  // "name(arguments) = result".
  std::string decode(std::string_view name, std::vector<std::uint64_t> args, std::int64_t result,
                     const std::function<void()>& meanwhile = nullptr) {
    const auto number = call_number(CallTable::native, name);
    EXPECT_TRUE(number) << name;
    Call call{.number = number.value_or(0)};
    for (std::size_t i = 0; i < args.size(); ++i) call.args[i] = args[i];
    CallText text(CallTable::native, call.number);
    at_entry = text.entry(call, program, style, program);
    if (meanwhile) meanwhile();
    call.result = result;
    const auto rest = text.exit(call, program, style, program);
    return at_entry + rest + ") = " + text.result(call, program, style, program);
  }

  FakeProgram program;
  Style style;
  std::string at_entry;  // of the last call: what is written before it returns
};

inline std::uint64_t negative(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

}  // namespace cotrace::engines::syscall_log::test
