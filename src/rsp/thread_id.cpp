#include "rsp/thread_id.h"

#include <limits>

#include "base/hex.h"
#include "rsp/scanner.h"

namespace cotrace::rsp {

namespace {

// Ids of Linux are positive ints (pid_t).
constexpr std::uint64_t max_id = std::numeric_limits<std::int32_t>::max();

template <class Id>
std::optional<Selector<Id>> scan_selector(Scanner& in) {
  if (in.eat("-1")) return Selector<Id>::all();
  const auto number = in.number(max_id);
  if (!number) return std::nullopt;
  if (*number == 0) return Selector<Id>::any();
  return Selector<Id>::one(Id{static_cast<std::int32_t>(*number)});
}

template <class Id>
void append_selector(std::string& out, const Selector<Id>& selector) {
  switch (selector.kind) {
    case Selector<Id>::Kind::any:
      out += '0';
      return;
    case Selector<Id>::Kind::all:
      out += "-1";
      return;
    case Selector<Id>::Kind::one:
      base::append_hex_number(out, static_cast<std::uint32_t>(selector.id.value));
      return;
  }
}

}  // namespace

std::optional<ThreadId> parse_thread_id(std::string_view text) {
  Scanner in(text);
  ThreadId id;
  if (in.eat('p')) {
    id.process = scan_selector<Pid>(in);
    if (!id.process) return std::nullopt;
    if (in.done()) {
      id.thread = Selector<Tid>::all();
      return id;
    }
    if (!in.eat('.')) return std::nullopt;
  }
  const auto thread = scan_selector<Tid>(in);
  if (!thread || !in.done()) return std::nullopt;
  id.thread = *thread;
  // p-1.0 is let through: "any thread of all processes" names no particular one.
  const bool one_of_all = id.process == Selector<Pid>::all() && thread->kind == Selector<Tid>::Kind::one;
  if (one_of_all) return std::nullopt;
  return id;
}

std::optional<Pid> parse_pid(std::string_view text) {
  const auto number = base::number_from_hex(text);
  if (!number || *number == 0 || *number > max_id) return std::nullopt;
  return Pid{static_cast<std::int32_t>(*number)};
}

std::string format_thread_id(const ThreadId& id) {
  std::string out;
  if (id.process) {
    out += 'p';
    append_selector(out, *id.process);
    out += '.';
  }
  append_selector(out, id.thread);
  return out;
}

std::string format_thread(Pid pid, Tid tid, bool multiprocess) {
  ThreadId id{std::nullopt, Selector<Tid>::one(tid)};
  if (multiprocess) id.process = Selector<Pid>::one(pid);
  return format_thread_id(id);
}

}  // namespace cotrace::rsp
