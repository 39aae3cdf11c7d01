#include "rsp/command_process.h"

#include <utility>

#include "rsp/scanner.h"
#include "rsp/thread_id.h"

namespace cotrace::rsp {

std::optional<Run> Run::parse(std::string_view arguments) {
  Scanner in(arguments);
  auto program = parse_hex_text(in.until(';'));
  if (!program) return std::nullopt;
  Run out{std::move(*program), {}};
  // "vRun;;" has one argument, an empty one; "vRun;" has none. The separator's presence tells, so the rest is
  // cut by hand.
  if (!arguments.contains(';')) return out;
  for (bool more = true; more;) {
    const auto rest = in.rest();
    const auto end = rest.find(';');
    more = end != std::string_view::npos;
    auto argument = parse_hex_text(rest.substr(0, end));
    if (!argument) return std::nullopt;
    out.arguments.push_back(std::move(*argument));
    if (more) in = Scanner(rest.substr(end + 1));
  }
  return out;
}

std::optional<Attach> Attach::parse(std::string_view arguments) {
  return parse_pid(arguments).transform([](Pid pid) { return Attach{pid}; });
}

std::optional<Kill> Kill::parse(std::string_view arguments) {
  return parse_pid(arguments).transform([](Pid pid) { return Kill{pid}; });
}

std::optional<KillAll> KillAll::parse(std::string_view arguments) {
  return parse_bare<KillAll>(arguments);
}

std::optional<Detach> Detach::parse(std::string_view arguments) {
  if (arguments.empty()) return Detach{};
  Scanner in(arguments);
  if (!in.eat(';')) return std::nullopt;
  return parse_pid(in.rest()).transform([](Pid pid) { return Detach{pid}; });
}

std::optional<Restart> Restart::parse(std::string_view /*arguments*/) {
  return Restart{};
}

std::optional<Attached> Attached::parse(std::string_view arguments) {
  if (arguments.empty()) return Attached{};
  return parse_pid(arguments).transform([](Pid pid) { return Attached{pid}; });
}

std::optional<DisableRandomization> DisableRandomization::parse(std::string_view arguments) {
  return parse_switch(arguments).transform([](bool on) { return DisableRandomization{on}; });
}

std::optional<StartupWithShell> StartupWithShell::parse(std::string_view arguments) {
  return parse_switch(arguments).transform([](bool on) { return StartupWithShell{on}; });
}

std::optional<SetEnvironment> SetEnvironment::parse(std::string_view arguments) {
  const auto text = parse_hex_text(arguments);
  if (!text) return std::nullopt;
  const auto equals = text->find('=');
  // gdb sends "NAME=" for an empty value. A text without '=' sets nothing.
  if (equals == std::string::npos || equals == 0) return std::nullopt;
  return SetEnvironment{text->substr(0, equals), text->substr(equals + 1)};
}

std::optional<UnsetEnvironment> UnsetEnvironment::parse(std::string_view arguments) {
  auto text = parse_hex_text(arguments);
  if (!text || text->empty() || text->contains('=')) return std::nullopt;
  return UnsetEnvironment{std::move(*text)};
}

std::optional<ResetEnvironment> ResetEnvironment::parse(std::string_view arguments) {
  return parse_bare<ResetEnvironment>(arguments);
}

std::optional<SetWorkingDirectory> SetWorkingDirectory::parse(std::string_view arguments) {
  return parse_hex_text(arguments).transform(
      [](std::string text) { return SetWorkingDirectory{std::move(text)}; });
}

}  // namespace cotrace::rsp
