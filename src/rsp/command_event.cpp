#include "rsp/command_event.h"

#include "rsp/scanner.h"

namespace cotrace::rsp {

namespace {

// Numbers with ';' between them; none at all for an empty text. A list that ends in ';' is taken as well.
std::optional<std::vector<std::uint64_t>> parse_numbers(std::string_view text) {
  std::vector<std::uint64_t> out;
  Scanner in(text);
  while (!in.done()) {
    Scanner item(in.until(';'));
    const auto number = item.number();
    if (!number || !item.done()) return std::nullopt;
    out.push_back(*number);
  }
  return out;
}

std::optional<std::vector<GdbSignal>> parse_signals(std::string_view text) {
  const auto numbers = parse_numbers(text);
  if (!numbers) return std::nullopt;
  std::vector<GdbSignal> out;
  for (std::uint64_t number : *numbers) {
    if (number > 0xff) return std::nullopt;
    out.emplace_back(static_cast<int>(number));
  }
  return out;
}

}  // namespace

std::optional<PassSignals> PassSignals::parse(std::string_view arguments) {
  return parse_signals(arguments).transform([](auto signals) { return PassSignals{std::move(signals)}; });
}

std::optional<ProgramSignals> ProgramSignals::parse(std::string_view arguments) {
  return parse_signals(arguments).transform([](auto signals) { return ProgramSignals{std::move(signals)}; });
}

std::optional<CatchSyscalls> CatchSyscalls::parse(std::string_view arguments) {
  Scanner in(arguments);
  const auto on = parse_switch(in.until(';'));
  if (!on) return std::nullopt;
  auto numbers = parse_numbers(in.rest());
  if (!numbers || (!*on && !numbers->empty())) return std::nullopt;
  return CatchSyscalls{*on, std::move(*numbers)};
}

}  // namespace cotrace::rsp
