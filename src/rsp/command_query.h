// qXfer and the small queries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cotrace::rsp {

// qXfer:OBJECT:read:ANNEX:OFFSET,LENGTH. Each object is a packet of its own to split_name()
// ("qXfer:auxv:read"), the arguments begin with the annex.
struct XferRead {
  std::string annex;  // as sent, may be empty
  std::uint64_t offset;
  std::uint64_t length;
  static std::optional<XferRead> parse(std::string_view arguments);
};

// qXfer:OBJECT:write:ANNEX:OFFSET:DATA
struct XferWrite {
  std::string annex;
  std::uint64_t offset;
  std::vector<std::byte> bytes;
  static std::optional<XferWrite> parse(std::string_view arguments);
};

// How far a program was moved when it was loaded. Linux has other ways to tell (auxv, the link map), but gdb
// 13 asks whenever it has symbols.
struct SectionOffsets {
  static constexpr std::string_view name = "qOffsets";
  static std::optional<SectionOffsets> parse(std::string_view arguments);
};

// qSymbol:: offers to look up symbols, qSymbol:VALUE:NAME answers a question.
struct Symbol {
  std::string symbol;                  // empty: the offer
  std::optional<std::uint64_t> value;  // nothing: not known (or the offer)
  static constexpr std::string_view name = "qSymbol";
  static std::optional<Symbol> parse(std::string_view arguments);
};

}  // namespace cotrace::rsp
