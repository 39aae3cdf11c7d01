#include "rsp/command_resume.h"

#include "rsp/scanner.h"

namespace cotrace::rsp {

namespace {

// Signals are two digits on the wire; gdb's numbers end at 151.
constexpr std::uint64_t max_signal = 0xff;

template <class Packet>
std::optional<Packet> parse_from(std::string_view arguments) {
  if (arguments.empty()) return Packet{};
  Scanner in(arguments);
  const auto address = in.number();
  if (!address || !in.done()) return std::nullopt;
  return Packet{Addr{*address}};
}

template <class Packet>
std::optional<Packet> parse_signal_from(std::string_view arguments) {
  Scanner in(arguments);
  const auto signal = in.number(max_signal);
  if (!signal) return std::nullopt;
  Packet out{GdbSignal{static_cast<int>(*signal)}, std::nullopt};
  if (in.done()) return out;
  if (!in.eat(';')) return std::nullopt;
  const auto address = in.number();
  if (!address || !in.done()) return std::nullopt;
  out.from = Addr{*address};
  return out;
}

using Action = decltype(ResumeThreads::Item::action);

std::optional<GdbSignal> scan_signal(Scanner& in) {
  return in.number(max_signal).transform([](std::uint64_t n) { return GdbSignal{static_cast<int>(n)}; });
}

std::optional<Action> scan_range_step(Scanner& in) {
  const auto start = in.number();
  if (!start || !in.eat(',')) return std::nullopt;
  const auto end = in.number();
  if (!end) return std::nullopt;
  return ResumeThreads::RangeStep{Addr{*start}, Addr{*end}};
}

std::optional<Action> scan_action(Scanner& in) {
  if (in.eat('c')) return ResumeThreads::Go{gdb_signal::none};
  if (in.eat('s')) return ResumeThreads::Step{gdb_signal::none};
  if (in.eat('t')) return ResumeThreads::Stop{};
  if (in.eat('r')) return scan_range_step(in);
  if (in.eat('C')) return scan_signal(in).transform([](GdbSignal s) { return Action{ResumeThreads::Go{s}}; });
  if (in.eat('S'))
    return scan_signal(in).transform([](GdbSignal s) { return Action{ResumeThreads::Step{s}}; });
  return std::nullopt;
}

std::optional<ResumeThreads::Item> parse_item(std::string_view text) {
  Scanner in(text);
  auto action = scan_action(in);
  if (!action) return std::nullopt;
  if (in.done()) return ResumeThreads::Item{*action, std::nullopt};
  if (!in.eat(':')) return std::nullopt;
  const auto who = parse_thread_id(in.rest());
  if (!who) return std::nullopt;
  return ResumeThreads::Item{*action, who};
}

}  // namespace

std::optional<Continue> Continue::parse(std::string_view arguments) {
  return parse_from<Continue>(arguments);
}

std::optional<Step> Step::parse(std::string_view arguments) {
  return parse_from<Step>(arguments);
}

std::optional<ContinueWithSignal> ContinueWithSignal::parse(std::string_view arguments) {
  return parse_signal_from<ContinueWithSignal>(arguments);
}

std::optional<StepWithSignal> StepWithSignal::parse(std::string_view arguments) {
  return parse_signal_from<StepWithSignal>(arguments);
}

// One item that does not parse spoils the packet: to carry out the rest would resume threads with the wrong
// action.
std::optional<ResumeThreads> ResumeThreads::parse(std::string_view arguments) {
  ResumeThreads out;
  Scanner in(arguments);
  do {
    auto item = parse_item(in.until(';'));
    if (!item) return std::nullopt;
    out.items.push_back(*item);
  } while (!in.done());
  return out;
}

std::optional<ResumeSupported> ResumeSupported::parse(std::string_view arguments) {
  return parse_bare<ResumeSupported>(arguments);
}

std::optional<InterruptTarget> InterruptTarget::parse(std::string_view arguments) {
  return parse_bare<InterruptTarget>(arguments);
}

std::optional<NextStop> NextStop::parse(std::string_view arguments) {
  return parse_bare<NextStop>(arguments);
}

}  // namespace cotrace::rsp
