// Packets of lldb's dialect (LLDB, docs/resources/lldbgdbremote.md) that gdb has none of.
#pragma once

#include <optional>
#include <string_view>

#include <cotrace/ids.h>

namespace cotrace::rsp {

// QThreadSuffixSupported: from now on ";thread:ID;" behind a register packet says whose registers are meant.
// Every lldb asks for it before anything runs, and no gdb does.
struct ThreadSuffix {
  static constexpr std::string_view name = "QThreadSuffixSupported";
  static std::optional<ThreadSuffix> parse(std::string_view arguments);
};

// qHostInfo: the machine.
struct HostInfo {
  static constexpr std::string_view name = "qHostInfo";
  static std::optional<HostInfo> parse(std::string_view arguments);
};

// qProcessInfo: the process in hand.
struct ProcessInfo {
  static constexpr std::string_view name = "qProcessInfo";
  static std::optional<ProcessInfo> parse(std::string_view arguments);
};

// qMemoryRegionInfo:ADDRESS: the mapping there, or the gap. Without an address: is the packet known?
struct MemoryRegionInfo {
  std::optional<Addr> address;
  static constexpr std::string_view name = "qMemoryRegionInfo";
  static std::optional<MemoryRegionInfo> parse(std::string_view arguments);
};

// qThreadStopInfoTID: the stop reply of a thread that stands. The id follows at once, and has no process.
struct ThreadStopInfo {
  Tid thread;
  static constexpr std::string_view name = "qThreadStopInfo";
  static std::optional<ThreadStopInfo> parse(std::string_view arguments);
};

// "ARGUMENTS;thread:ID;" without the suffix, and the text of the id; nothing if there is no suffix.
struct Suffixed {
  std::string_view arguments;
  std::string_view thread;
};
std::optional<Suffixed> split_thread_suffix(std::string_view arguments);

}  // namespace cotrace::rsp
