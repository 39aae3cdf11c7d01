// Packets about memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <cotrace/ids.h>

namespace cotrace::rsp {

struct ReadMemory {
  Addr address;
  std::uint64_t length;  // as sent: may be far above what a packet holds
  static constexpr std::string_view name = "m";
  static std::optional<ReadMemory> parse(std::string_view arguments);
};

// x: gdb's form is answered with 'b' and bytes, lldb's with bare bytes.
struct ReadMemoryBinary {
  Addr address;
  std::uint64_t length;
  static constexpr std::string_view name = "x";
  static std::optional<ReadMemoryBinary> parse(std::string_view arguments);
};

// M. As many bytes as the packet says, or it is malformed.
struct WriteMemory {
  Addr address;
  std::vector<std::byte> bytes;
  static constexpr std::string_view name = "M";
  static std::optional<WriteMemory> parse(std::string_view arguments);
};

// X. The same in binary; no bytes at all is how gdb asks whether the packet is known.
struct WriteMemoryBinary {
  Addr address;
  std::vector<std::byte> bytes;
  static constexpr std::string_view name = "X";
  static std::optional<WriteMemoryBinary> parse(std::string_view arguments);
};

// gdb: find. The answer is the first match alone; gdb asks on from behind it.
struct SearchMemory {
  Addr address;
  std::uint64_t length;
  std::vector<std::byte> pattern;  // at least one byte
  static constexpr std::string_view name = "qSearch:memory";
  static std::optional<SearchMemory> parse(std::string_view arguments);
};

// gdb: compare-sections. The CRC is that of crc.h.
struct MemoryCrc {
  Addr address;
  std::uint64_t length;
  static constexpr std::string_view name = "qCRC";
  static std::optional<MemoryCrc> parse(std::string_view arguments);
};

}  // namespace cotrace::rsp
