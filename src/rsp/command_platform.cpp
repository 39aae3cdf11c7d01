#include "rsp/command_platform.h"

#include <limits>
#include <utility>

#include "rsp/scanner.h"

namespace cotrace::rsp {

namespace {

std::optional<std::string> parse_path(std::string_view hex) {
  auto path = parse_hex_text(hex);
  if (!path || path->empty()) return std::nullopt;
  return path;
}

template <class Packet>
std::optional<Packet> parse_path_packet(std::string_view arguments) {
  return parse_path(arguments).transform([](std::string path) { return Packet{std::move(path)}; });
}

template <class Packet>
std::optional<Packet> parse_mode_packet(std::string_view arguments) {
  constexpr std::uint64_t most = 07777;
  Scanner in(arguments);
  const auto mode = in.number(most);
  if (!mode || !in.eat(',')) return std::nullopt;
  auto path = parse_path(in.rest());
  if (!path) return std::nullopt;
  return Packet{static_cast<std::uint32_t>(*mode), std::move(*path)};
}

std::optional<Pid> parse_decimal_pid(std::string_view text) {
  const auto number = parse_decimal(text);
  if (!number || *number == 0 || *number > std::numeric_limits<std::int32_t>::max()) return std::nullopt;
  return Pid{static_cast<std::int32_t>(*number)};
}

std::optional<FirstProcess::Match> parse_match(std::string_view word) {
  using enum FirstProcess::Match;
  if (word == "equals") return equals;
  if (word == "starts_with") return starts_with;
  if (word == "ends_with") return ends_with;
  if (word == "contains") return contains;
  if (word == "regex") return regex;
  return std::nullopt;
}

// Stores what one key says. False: the value makes no sense. Keys that are not known do not narrow anything
// down.
bool take(FirstProcess& out, std::string_view key, std::string_view value) {
  const auto number = [&](std::optional<std::uint32_t>& field) {
    field = parse_decimal(value);
    return field.has_value();
  };
  const auto pid = [&](std::optional<Pid>& field) {
    field = parse_decimal_pid(value);
    return field.has_value();
  };
  if (key == "name") {
    out.program = parse_hex_text(value);
    return out.program.has_value();
  }
  if (key == "name_match") {
    const auto match = parse_match(value);
    if (match) out.match = *match;
    return match.has_value();
  }
  if (key == "pid") return pid(out.pid);
  if (key == "parent_pid") return pid(out.parent);
  if (key == "uid") return number(out.uid);
  if (key == "gid") return number(out.gid);
  if (key == "euid") return number(out.euid);
  if (key == "egid") return number(out.egid);
  if (key == "all_users") out.all_users = value == "1" || value == "true";
  return true;
}

}  // namespace

std::optional<LaunchGdbServer> LaunchGdbServer::parse(std::string_view /*arguments*/) {
  return LaunchGdbServer{};
}

std::optional<ProcessInfoOf> ProcessInfoOf::parse(std::string_view arguments) {
  return parse_decimal_pid(arguments).transform([](Pid pid) { return ProcessInfoOf{pid}; });
}

std::optional<FirstProcess> FirstProcess::parse(std::string_view arguments) {
  FirstProcess out;
  Scanner in(arguments);
  while (!in.done()) {
    Scanner pair(in.until(';'));
    const auto key = pair.until(':');
    if (!take(out, key, pair.rest())) return std::nullopt;
  }
  return out;
}

std::optional<NextProcess> NextProcess::parse(std::string_view arguments) {
  return parse_bare<NextProcess>(arguments);
}

std::optional<UserName> UserName::parse(std::string_view arguments) {
  return parse_decimal(arguments).transform([](std::uint32_t uid) { return UserName{uid}; });
}

std::optional<GroupName> GroupName::parse(std::string_view arguments) {
  return parse_decimal(arguments).transform([](std::uint32_t gid) { return GroupName{gid}; });
}

std::optional<Shell> Shell::parse(std::string_view arguments) {
  constexpr std::uint64_t no_limit = std::numeric_limits<std::uint32_t>::max();
  Scanner in(arguments);
  auto command = parse_hex_text(in.until(','));
  const auto seconds = in.number(no_limit);
  if (!command || !seconds) return std::nullopt;
  Shell out{std::move(*command), static_cast<std::uint32_t>(*seconds), {}};
  if (*seconds == no_limit) out.seconds.reset();
  if (in.eat(',')) {
    auto directory = parse_hex_text(in.rest());
    if (!directory) return std::nullopt;
    out.directory = std::move(*directory);
  } else if (!in.done()) {
    return std::nullopt;
  }
  return out;
}

std::optional<MakeDirectory> MakeDirectory::parse(std::string_view arguments) {
  return parse_mode_packet<MakeDirectory>(arguments);
}

std::optional<ChangeMode> ChangeMode::parse(std::string_view arguments) {
  return parse_mode_packet<ChangeMode>(arguments);
}

std::optional<CompletePath> CompletePath::parse(std::string_view arguments) {
  Scanner in(arguments);
  const auto only_directories = parse_switch(in.until(','));
  auto path = parse_hex_text(in.rest());
  if (!only_directories || !path) return std::nullopt;
  return CompletePath{*only_directories, std::move(*path)};
}

std::optional<FileSize> FileSize::parse(std::string_view arguments) {
  return parse_path_packet<FileSize>(arguments);
}

std::optional<FileMode> FileMode::parse(std::string_view arguments) {
  return parse_path_packet<FileMode>(arguments);
}

std::optional<FileExists> FileExists::parse(std::string_view arguments) {
  return parse_path_packet<FileExists>(arguments);
}

std::optional<FileSymlink> FileSymlink::parse(std::string_view arguments) {
  Scanner in(arguments);
  auto target = parse_path(in.until(','));
  auto link = parse_path(in.rest());
  if (!target || !link) return std::nullopt;
  return FileSymlink{std::move(*target), std::move(*link)};
}

}  // namespace cotrace::rsp
