// Z and z: breakpoints and watchpoints.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <cotrace/ids.h>

namespace cotrace::rsp {

enum class PointType : std::uint8_t {
  software = 0,
  hardware = 1,
  write_watch = 2,
  read_watch = 3,
  access_watch = 4
};

// An agent expression, unchecked.
using Bytecode = std::vector<std::byte>;

// A type above 4 does not parse as a point of a known type; it is no error but unknown (`type` is absent
// then), so that the answer can be the empty one.
struct InsertPoint {
  std::optional<PointType> type;
  Addr address;
  std::uint64_t kind{};              // watchpoints: bytes; breakpoints: size of the instruction, 1 on x86
  std::vector<Bytecode> conditions;  // none: stop always
  std::vector<Bytecode> commands;
  bool persist{false};  // the commands are to run without a client, too
  static constexpr std::string_view name = "Z";
  static std::optional<InsertPoint> parse(std::string_view arguments);
};

struct RemovePoint {
  std::optional<PointType> type;
  Addr address;
  std::uint64_t kind{};
  static constexpr std::string_view name = "z";
  static std::optional<RemovePoint> parse(std::string_view arguments);
};

}  // namespace cotrace::rsp
