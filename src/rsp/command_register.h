// Packets about registers. Contents are in the target's byte order, as they are in the g block.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace cotrace::rsp {

// Numbers and order are those of the target description that the client was given (qXfer:features), and so
// are the sizes; values are in the target's byte order.

struct ReadRegisters {
  static constexpr std::string_view name = "g";
  static std::optional<ReadRegisters> parse(std::string_view arguments);
};

struct WriteRegisters {
  std::vector<std::byte> block;
  static constexpr std::string_view name = "G";
  static std::optional<WriteRegisters> parse(std::string_view arguments);
};

struct ReadRegister {
  int number;  // 0 .. 2^31 - 1, as sent
  static constexpr std::string_view name = "p";
  static std::optional<ReadRegister> parse(std::string_view arguments);
};

struct WriteRegister {
  int number;
  std::vector<std::byte> value;  // at least one byte
  static constexpr std::string_view name = "P";
  static std::optional<WriteRegister> parse(std::string_view arguments);
};

}  // namespace cotrace::rsp
