#include "rsp/command_thread.h"

#include "rsp/scanner.h"

namespace cotrace::rsp {

std::optional<SelectThread> SelectThread::parse(std::string_view arguments) {
  Scanner in(arguments);
  auto what = For::general;
  if (in.eat('c')) {
    what = For::resume;
  } else if (!in.eat('g')) {
    return std::nullopt;
  }
  return parse_thread_id(in.rest()).transform([what](ThreadId id) { return SelectThread{what, id}; });
}

std::optional<ThreadAlive> ThreadAlive::parse(std::string_view arguments) {
  return parse_thread_id(arguments).transform([](ThreadId id) { return ThreadAlive{id}; });
}

std::optional<CurrentThread> CurrentThread::parse(std::string_view arguments) {
  return parse_bare<CurrentThread>(arguments);
}

std::optional<FirstThreads> FirstThreads::parse(std::string_view arguments) {
  return parse_bare<FirstThreads>(arguments);
}

std::optional<NextThreads> NextThreads::parse(std::string_view arguments) {
  return parse_bare<NextThreads>(arguments);
}

std::optional<ThreadExtraInfo> ThreadExtraInfo::parse(std::string_view arguments) {
  return parse_thread_id(arguments).transform([](ThreadId id) { return ThreadExtraInfo{id}; });
}

std::optional<TlsAddress> TlsAddress::parse(std::string_view arguments) {
  Scanner in(arguments);
  const auto thread = parse_thread_id(in.until(','));
  const auto offset = in.number();
  if (!thread || !offset || !in.eat(',')) return std::nullopt;
  const auto link_map = in.number();
  if (!link_map || !in.done()) return std::nullopt;
  return TlsAddress{*thread, *offset, Addr{*link_map}};
}

std::optional<ThreadEvents> ThreadEvents::parse(std::string_view arguments) {
  return parse_switch(arguments).transform([](bool on) { return ThreadEvents{on}; });
}

std::optional<ThreadOptions> ThreadOptions::parse(std::string_view arguments) {
  ThreadOptions out;
  Scanner in(arguments);
  do {
    Scanner item(in.until(';'));
    const auto options = item.number();
    if (!options) return std::nullopt;
    std::optional<ThreadId> who;
    if (item.eat(':')) {
      who = parse_thread_id(item.rest());
      if (!who) return std::nullopt;
    }
    if (!item.done()) return std::nullopt;
    out.items.push_back({*options, who});
  } while (!in.done());
  return out;
}

}  // namespace cotrace::rsp
