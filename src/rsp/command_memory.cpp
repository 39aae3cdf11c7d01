#include "rsp/command_memory.h"

#include "base/hex.h"
#include "rsp/scanner.h"

namespace cotrace::rsp {

namespace {

struct Range {
  Addr address;
  std::uint64_t length;
};

// "address,length"
std::optional<Range> scan_range(Scanner& in, char separator = ',') {
  const auto address = in.number();
  if (!address || !in.eat(separator)) return std::nullopt;
  const auto length = in.number();
  if (!length) return std::nullopt;
  return Range{Addr{*address}, *length};
}

template <class Packet>
std::optional<Packet> parse_range(std::string_view arguments) {
  Scanner in(arguments);
  const auto range = scan_range(in);
  if (!range || !in.done()) return std::nullopt;
  return Packet{range->address, range->length};
}

}  // namespace

std::optional<ReadMemory> ReadMemory::parse(std::string_view arguments) {
  return parse_range<ReadMemory>(arguments);
}

std::optional<ReadMemoryBinary> ReadMemoryBinary::parse(std::string_view arguments) {
  return parse_range<ReadMemoryBinary>(arguments);
}

std::optional<MemoryCrc> MemoryCrc::parse(std::string_view arguments) {
  return parse_range<MemoryCrc>(arguments);
}

std::optional<WriteMemory> WriteMemory::parse(std::string_view arguments) {
  Scanner in(arguments);
  const auto range = scan_range(in);
  if (!range || !in.eat(':')) return std::nullopt;
  auto bytes = base::bytes_from_hex(in.rest());
  if (!bytes || bytes->size() != range->length) return std::nullopt;
  return WriteMemory{range->address, std::move(*bytes)};
}

std::optional<WriteMemoryBinary> WriteMemoryBinary::parse(std::string_view arguments) {
  Scanner in(arguments);
  const auto range = scan_range(in);
  if (!range || !in.eat(':')) return std::nullopt;
  auto bytes = to_bytes(in.rest());
  if (bytes.size() != range->length) return std::nullopt;
  return WriteMemoryBinary{range->address, std::move(bytes)};
}

std::optional<SearchMemory> SearchMemory::parse(std::string_view arguments) {
  Scanner in(arguments);
  const auto range = scan_range(in, ';');
  if (!range || !in.eat(';') || in.done()) return std::nullopt;
  return SearchMemory{range->address, range->length, to_bytes(in.rest())};
}

}  // namespace cotrace::rsp
