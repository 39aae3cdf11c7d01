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

std::optional<Suffixed> split_thread_suffix(std::string_view arguments) {
  constexpr std::string_view key = ";thread:";
  const auto at = arguments.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view id = arguments.substr(at + key.size());
  if (id.ends_with(';')) id.remove_suffix(1);
  return Suffixed{arguments.substr(0, at), id};
}

}  // namespace cotrace::rsp
