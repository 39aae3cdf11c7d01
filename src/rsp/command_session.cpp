#include "rsp/command_session.h"

#include <algorithm>

#include "rsp/scanner.h"

namespace cotrace::rsp {

namespace {

using State = Supported::Feature::State;

std::optional<Supported::Feature> parse_feature(std::string_view item) {
  if (item.empty()) return std::nullopt;
  // A value may end in '+', so '=' is looked for first.
  if (const auto equals = item.find('='); equals != std::string_view::npos) {
    if (equals == 0) return std::nullopt;
    return Supported::Feature{std::string(item.substr(0, equals)), State::value,
                              std::string(item.substr(equals + 1))};
  }
  std::string name(item.substr(0, item.size() - 1));
  if (name.empty()) return std::nullopt;
  switch (item.back()) {
    case '+':
      return Supported::Feature{std::move(name), State::yes, {}};
    case '-':
      return Supported::Feature{std::move(name), State::no, {}};
    case '?':
      return Supported::Feature{std::move(name), State::maybe, {}};
    default:
      return std::nullopt;
  }
}

}  // namespace

bool Supported::has(std::string_view feature) const {
  return std::ranges::any_of(
      features, [&](const Feature& f) { return f.name == feature && f.state == Feature::State::yes; });
}

std::optional<Supported> Supported::parse(std::string_view arguments) {
  Supported out;
  Scanner in(arguments);
  while (!in.done()) {
    if (auto feature = parse_feature(in.until(';'))) out.features.push_back(std::move(*feature));
  }
  return out;
}

std::optional<StartNoAckMode> StartNoAckMode::parse(std::string_view arguments) {
  return parse_bare<StartNoAckMode>(arguments);
}

std::optional<ExtendedMode> ExtendedMode::parse(std::string_view arguments) {
  return parse_bare<ExtendedMode>(arguments);
}

std::optional<HaltReason> HaltReason::parse(std::string_view arguments) {
  return parse_bare<HaltReason>(arguments);
}

std::optional<NonStop> NonStop::parse(std::string_view arguments) {
  return parse_switch(arguments).transform([](bool on) { return NonStop{on}; });
}

std::optional<MonitorCommand> MonitorCommand::parse(std::string_view arguments) {
  return parse_hex_text(arguments).transform(
      [](std::string text) { return MonitorCommand{std::move(text)}; });
}

}  // namespace cotrace::rsp
