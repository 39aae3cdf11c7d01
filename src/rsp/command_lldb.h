// Packets of lldb's dialect (LLDB, docs/resources/lldbgdbremote.md) that gdb has none of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
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

// QListThreadsInStopReply: stop replies list the threads of the process, and where each stands.
struct ListThreads {
  static constexpr std::string_view name = "QListThreadsInStopReply";
  static std::optional<ListThreads> parse(std::string_view arguments);
};

// jThreadsInfo: why each thread stands, all in one answer.
struct ThreadsInfo {
  static constexpr std::string_view name = "jThreadsInfo";
  static std::optional<ThreadsInfo> parse(std::string_view arguments);
};

// QEnableErrorStrings: an error may say in words what is wrong.
struct ErrorStrings {
  static constexpr std::string_view name = "QEnableErrorStrings";
  static std::optional<ErrorStrings> parse(std::string_view arguments);
};

// qEcho:TEXT is answered with itself. After a packet that was not answered in time lldb throws away what
// comes until it sees this.
struct Echo {
  std::string text;
  static constexpr std::string_view name = "qEcho";
  static std::optional<Echo> parse(std::string_view arguments);
};

// QSaveRegisterState;thread:ID; is answered with a number, for QRestoreRegisterState:NUMBER;thread:ID;.
// Decimal.
struct SaveRegisters {
  static constexpr std::string_view name = "QSaveRegisterState";
  static std::optional<SaveRegisters> parse(std::string_view arguments);
};
struct RestoreRegisters {
  std::uint32_t number;
  static constexpr std::string_view name = "QRestoreRegisterState";
  static std::optional<RestoreRegisters> parse(std::string_view arguments);
};

// _M SIZE,PERMISSIONS: memory of the program's, for code and values of expressions.
struct AllocateMemory {
  std::uint64_t size;
  bool read{false}, write{false}, execute{false};
  static constexpr std::string_view name = "_M";
  static std::optional<AllocateMemory> parse(std::string_view arguments);
};
// _m ADDRESS gives it back.
struct DeallocateMemory {
  Addr address;
  static constexpr std::string_view name = "_m";
  static std::optional<DeallocateMemory> parse(std::string_view arguments);
};

// "ARGUMENTS;thread:ID;" without the suffix, and the text of the id; nothing if there is no suffix.
struct Suffixed {
  std::string_view arguments;
  std::string_view thread;
};
std::optional<Suffixed> split_thread_suffix(std::string_view arguments);

}  // namespace cotrace::rsp
