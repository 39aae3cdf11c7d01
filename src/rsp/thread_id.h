// Thread ids as they are on the wire (gdb manual, "Packets", thread-id syntax).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <cotrace/ids.h>

namespace cotrace::rsp {

// One half of a thread id: any one (0), all (-1), or this one.
template <class Id>
struct Selector {
  enum class Kind : std::uint8_t { any, all, one };
  Kind kind{Kind::any};
  Id id{};  // with `one`

  static constexpr Selector any() { return {}; }
  static constexpr Selector all() { return {Kind::all, Id{}}; }
  static constexpr Selector one(Id id) { return {Kind::one, id}; }
  friend constexpr bool operator==(const Selector&, const Selector&) = default;
};

// "TID", "pPID.TID" or "pPID" (which means pPID.-1). `process` is absent if the client sent no process part:
// it then means the process of the client's current thread, or the only one.
struct ThreadId {
  std::optional<Selector<Pid>> process;
  Selector<Tid> thread;

  friend constexpr bool operator==(const ThreadId&, const ThreadId&) = default;
};

// The whole text must be an id. Nothing for garbage, ids above 2^31 - 1, negative ones but -1, and for one
// thread of all processes ("p-1.5"), which the manual forbids.
std::optional<ThreadId> parse_thread_id(std::string_view text);
// The same for a process id alone: hexadecimal, 1 to 2^31 - 1.
std::optional<Pid> parse_pid(std::string_view text);

std::string format_thread_id(const ThreadId& id);
// One thread, as stop replies and thread lists name it; "pPID.TID" if the client speaks multiprocess, else
// "TID".
std::string format_thread(Pid pid, Tid tid, bool multiprocess);

}  // namespace cotrace::rsp
