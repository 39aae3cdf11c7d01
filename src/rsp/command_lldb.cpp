#include "rsp/command_lldb.h"

#include <limits>

#include "rsp/scanner.h"

namespace cotrace::rsp {

std::optional<ThreadSuffix> ThreadSuffix::parse(std::string_view arguments) {
  return parse_bare<ThreadSuffix>(arguments);
}

std::optional<HostInfo> HostInfo::parse(std::string_view arguments) {
  return parse_bare<HostInfo>(arguments);
}

std::optional<ProcessInfo> ProcessInfo::parse(std::string_view arguments) {
  return parse_bare<ProcessInfo>(arguments);
}

std::optional<MemoryRegionInfo> MemoryRegionInfo::parse(std::string_view arguments) {
  if (arguments.empty()) return MemoryRegionInfo{};
  Scanner in(arguments);
  const auto address = in.number();
  if (!address || !in.done()) return std::nullopt;
  return MemoryRegionInfo{Addr{*address}};
}

std::optional<ThreadStopInfo> ThreadStopInfo::parse(std::string_view arguments) {
  Scanner in(arguments);
  const auto number = in.number(std::numeric_limits<int>::max());
  if (!number || !in.done()) return std::nullopt;
  return ThreadStopInfo{Tid{static_cast<int>(*number)}};
}

std::optional<ListThreads> ListThreads::parse(std::string_view arguments) {
  return parse_bare<ListThreads>(arguments);
}

std::optional<ThreadsInfo> ThreadsInfo::parse(std::string_view arguments) {
  return parse_bare<ThreadsInfo>(arguments);
}

std::optional<ErrorStrings> ErrorStrings::parse(std::string_view arguments) {
  return parse_bare<ErrorStrings>(arguments);
}

std::optional<Echo> Echo::parse(std::string_view arguments) {
  return Echo{std::string(arguments)};
}

std::optional<SaveRegisters> SaveRegisters::parse(std::string_view arguments) {
  return parse_bare<SaveRegisters>(arguments);
}

std::optional<RestoreRegisters> RestoreRegisters::parse(std::string_view arguments) {
  return parse_decimal(arguments).transform([](std::uint32_t number) { return RestoreRegisters{number}; });
}

std::optional<AllocateMemory> AllocateMemory::parse(std::string_view arguments) {
  Scanner in(arguments);
  const auto size = in.number();
  if (!size || !in.eat(',')) return std::nullopt;
  AllocateMemory out{*size};
  for (const char right : in.rest()) {
    if (right != 'r' && right != 'w' && right != 'x') return std::nullopt;
    out.read = out.read || right == 'r';
    out.write = out.write || right == 'w';
    out.execute = out.execute || right == 'x';
  }
  return out;
}

std::optional<DeallocateMemory> DeallocateMemory::parse(std::string_view arguments) {
  Scanner in(arguments);
  const auto address = in.number();
  if (!address || !in.done()) return std::nullopt;
  return DeallocateMemory{Addr{*address}};
}

std::optional<Suffixed> split_thread_suffix(std::string_view arguments) {
  constexpr std::string_view key = ";thread:";
  // The semicolon before it may have ended the packet's name.
  if (arguments.starts_with(key.substr(1))) {
    std::string_view id = arguments.substr(key.size() - 1);
    if (id.ends_with(';')) id.remove_suffix(1);
    return Suffixed{{}, id};
  }
  const auto at = arguments.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view id = arguments.substr(at + key.size());
  if (id.ends_with(';')) id.remove_suffix(1);
  return Suffixed{arguments.substr(0, at), id};
}

}  // namespace cotrace::rsp
