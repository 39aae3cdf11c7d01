#include "rsp/command_launch.h"

#include <utility>

#include "rsp/scanner.h"

namespace cotrace::rsp {

namespace {

template <class Packet>
std::optional<Packet> parse_text(std::string_view hex) {
  return parse_hex_text(hex).transform([](std::string text) { return Packet{std::move(text)}; });
}

template <class Packet>
std::optional<Packet> parse_program(std::string_view hex) {
  auto program = parse_hex_text(hex);
  if (!program || program->empty()) return std::nullopt;
  return Packet{std::move(*program)};
}

}  // namespace

std::optional<LaunchArguments> LaunchArguments::parse(std::string_view arguments) {
  LaunchArguments out;
  Scanner in(arguments);
  while (!in.done()) {
    const auto length = parse_decimal(in.until(','));
    const auto index = parse_decimal(in.until(','));
    const auto hex = in.until(',');
    auto word = parse_hex_text(hex);
    if (!length || !index || !word || *length != hex.size() || *index != out.words.size())
      return std::nullopt;
    out.words.push_back(std::move(*word));
  }
  if (out.words.empty() || out.words.front().empty()) return std::nullopt;
  return out;
}

std::optional<LaunchSuccess> LaunchSuccess::parse(std::string_view arguments) {
  return parse_bare<LaunchSuccess>(arguments);
}

std::optional<LaunchArch> LaunchArch::parse(std::string_view /*arguments*/) {
  return LaunchArch{};
}

std::optional<PlainEnvironment> PlainEnvironment::parse(std::string_view arguments) {
  const auto equals = arguments.find('=');
  if (equals == 0 || equals == std::string_view::npos || arguments.contains('\0')) return std::nullopt;
  return PlainEnvironment{std::string(arguments.substr(0, equals)),
                          std::string(arguments.substr(equals + 1))};
}

std::optional<DisableAslr> DisableAslr::parse(std::string_view arguments) {
  return parse_switch(arguments).transform([](bool on) { return DisableAslr{on}; });
}

std::optional<DetachOnError> DetachOnError::parse(std::string_view arguments) {
  return parse_switch(arguments).transform([](bool on) { return DetachOnError{on}; });
}

std::optional<SetStandardInput> SetStandardInput::parse(std::string_view arguments) {
  return parse_text<SetStandardInput>(arguments);
}

std::optional<SetStandardOutput> SetStandardOutput::parse(std::string_view arguments) {
  return parse_text<SetStandardOutput>(arguments);
}

std::optional<SetStandardError> SetStandardError::parse(std::string_view arguments) {
  return parse_text<SetStandardError>(arguments);
}

std::optional<WorkingDirectory> WorkingDirectory::parse(std::string_view arguments) {
  return parse_bare<WorkingDirectory>(arguments);
}

std::optional<AttachName> AttachName::parse(std::string_view arguments) {
  return parse_program<AttachName>(arguments);
}

std::optional<AttachWait> AttachWait::parse(std::string_view arguments) {
  return parse_program<AttachWait>(arguments);
}

std::optional<AttachOrWait> AttachOrWait::parse(std::string_view arguments) {
  return parse_program<AttachOrWait>(arguments);
}

std::optional<AttachOrWaitSupported> AttachOrWaitSupported::parse(std::string_view arguments) {
  return parse_bare<AttachOrWaitSupported>(arguments);
}

}  // namespace cotrace::rsp
