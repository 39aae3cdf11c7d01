// Strong types for the numbers that tracing is full of.
//
// A process id, a thread id and an address are all integers; none converts to another by accident.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace cotrace {

// An integer that is only itself: no implicit conversion from or to its representation.
template <class Tag, class Rep>
struct StrongId {
  Rep value{};

  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep v) : value(v) {}

  friend constexpr auto operator<=>(const StrongId&, const StrongId&) = default;
};

// A thread group id (what getpid(2) returns), as the tracing process sees it.
using Pid = StrongId<struct PidTag, std::int32_t>;
// A thread id (what gettid(2) returns), as the tracing process sees it.
using Tid = StrongId<struct TidTag, std::int32_t>;

// The first thread of a process. The leader of a thread group has the group's id as its own thread id.
constexpr Tid leader_of(Pid pid) {
  return Tid{pid.value};
}

// An address in a traced program, never in this one.
struct Addr {
  std::uint64_t value{};

  constexpr Addr() = default;
  constexpr explicit Addr(std::uint64_t v) : value(v) {}

  friend constexpr auto operator<=>(const Addr&, const Addr&) = default;
  // Addresses wrap as the processor's do.
  friend constexpr Addr operator+(Addr a, std::uint64_t n) { return Addr{a.value + n}; }
  friend constexpr Addr operator-(Addr a, std::uint64_t n) { return Addr{a.value - n}; }
  friend constexpr std::uint64_t operator-(Addr a, Addr b) { return a.value - b.value; }
};

// One task for as long as the tracer knows it. The kernel uses a thread id again as soon as the task is
// reaped, so the id alone names nothing; the serial number is never used twice by one tracer, and it alone is
// compared. (The thread id of a task can change: the thread that calls exec gets its process's.)
struct TaskId {
  Tid tid;                 // when the id was handed out; later ones of the same task may have another
  std::uint64_t serial{};  // from 1 on; 0 is no task's

  friend constexpr bool operator==(const TaskId& a, const TaskId& b) { return a.serial == b.serial; }
  friend constexpr auto operator<=>(const TaskId& a, const TaskId& b) { return a.serial <=> b.serial; }
};

}  // namespace cotrace

template <class Tag, class Rep>
struct std::hash<cotrace::StrongId<Tag, Rep>> {
  std::size_t operator()(cotrace::StrongId<Tag, Rep> id) const noexcept { return std::hash<Rep>{}(id.value); }
};
template <>
struct std::hash<cotrace::Addr> {
  std::size_t operator()(cotrace::Addr a) const noexcept { return std::hash<std::uint64_t>{}(a.value); }
};
template <>
struct std::hash<cotrace::TaskId> {
  std::size_t operator()(cotrace::TaskId id) const noexcept { return std::hash<std::uint64_t>{}(id.serial); }
};
