#include "rsp/command_register.h"

#include <limits>

#include "base/hex.h"
#include "rsp/scanner.h"

namespace cotrace::rsp {

namespace {

constexpr std::uint64_t max_number = std::numeric_limits<int>::max();

}  // namespace

std::optional<ReadRegisters> ReadRegisters::parse(std::string_view arguments) {
  return parse_bare<ReadRegisters>(arguments);
}

std::optional<WriteRegisters> WriteRegisters::parse(std::string_view arguments) {
  auto block = base::bytes_from_hex(arguments);
  if (!block || block->empty()) return std::nullopt;
  return WriteRegisters{std::move(*block)};
}

std::optional<ReadRegister> ReadRegister::parse(std::string_view arguments) {
  Scanner in(arguments);
  const auto number = in.number(max_number);
  if (!number || !in.done()) return std::nullopt;
  return ReadRegister{static_cast<int>(*number)};
}

std::optional<WriteRegister> WriteRegister::parse(std::string_view arguments) {
  Scanner in(arguments);
  const auto number = in.number(max_number);
  if (!number || !in.eat('=')) return std::nullopt;
  auto value = base::bytes_from_hex(in.rest());
  if (!value || value->empty()) return std::nullopt;
  return WriteRegister{static_cast<int>(*number), std::move(*value)};
}

}  // namespace cotrace::rsp
