// Stop replies (gdb manual, "Stop Reply Packets").
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <cotrace/ids.h>

#include "rsp/signals.h"

namespace cotrace::rsp {

// A thread by both its ids; how it is written depends on whether the client speaks multiprocess.
struct ThreadName {
  Pid pid;
  Tid tid;
  friend constexpr bool operator==(const ThreadName&, const ThreadName&) = default;
};

// Why a thread stands, where a signal number does not say it.
namespace cause {
struct None {};
struct SoftwareBreak {};
struct HardwareBreak {};
enum class Access : std::uint8_t { write, read, any };
struct Watch {
  Access access;
  Addr address;
};
struct Fork {
  ThreadName child;
};
struct Vfork {
  ThreadName child;
};
struct Clone {
  ThreadName child;
};
struct VforkDone {};
struct Exec {
  std::string path;
};
struct ThreadCreated {};
struct LibrariesChanged {};
struct SyscallEntry {
  std::uint64_t number;
};
struct SyscallReturn {
  std::uint64_t number;
};
}  // namespace cause
using StopCause =
    std::variant<cause::None, cause::SoftwareBreak, cause::HardwareBreak, cause::Watch, cause::Fork,
                 cause::Vfork, cause::Clone, cause::VforkDone, cause::Exec, cause::ThreadCreated,
                 cause::LibrariesChanged, cause::SyscallEntry, cause::SyscallReturn>;

// A register that goes along so that the client need not ask. `valid` false: its value cannot be had ("xx").
struct ExpeditedRegister {
  int number;
  std::vector<std::byte> value;
  bool valid{true};
};

namespace stop_reply {

// T: a thread stands. All causes but None go with SIGTRAP.
struct Stopped {
  GdbSignal signal;
  ThreadName thread;
  StopCause cause;
  std::optional<int> core;
  std::vector<ExpeditedRegister> registers;
  std::string_view reason{};  // lldb's word for why, which it asks for beside the cause; "": none
  // What else lldb would ask for next: the thread's name (empty: none), and all threads of the process, with
  // the pc of each if all of them are known.
  std::string name{};
  std::vector<Tid> threads{};
  std::vector<Addr> pcs{};
};
// w: one thread has ended, its process goes on.
struct ThreadExited {
  ThreadName thread;
  int code;
};
// W, X: a process has ended. `pid` is written only for multiprocess.
struct Exited {
  Pid pid;
  int code;
};
struct Killed {
  Pid pid;
  GdbSignal signal;
};
// N: nothing that was resumed is left. For clients with no-resumed+.
struct NoResumed {};

}  // namespace stop_reply
using StopReply = std::variant<stop_reply::Stopped, stop_reply::ThreadExited, stop_reply::Exited,
                               stop_reply::Killed, stop_reply::NoResumed>;

// The payload: of a reply, or after "Stop:" of a notification.
std::string encode_stop(const StopReply& stop, bool multiprocess);

}  // namespace cotrace::rsp
