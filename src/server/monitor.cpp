#include "server/monitor.h"

#include <fmt/format.h>
#include <optional>
#include <utility>

namespace cotrace::server {
namespace {

// gdb's test suite recognises gdbserver by the first line and by "Quit GDBserver"; it then counts known bugs
// of gdbserver as known.
constexpr std::string_view help_text =
    "The following monitor commands are supported:\n"
    "  help\n"
    "    This list\n"
    "  who\n"
    "    Clients of this server, and the threads that each of them holds\n"
    "  follow [on|off]\n"
    "    Keep what this client's processes make, all of it, silently; and which these are\n"
    "  hold <exec=GLOB|name=GLOB|cmdline=GLOB|crash>\n"
    "    Hold a process that is followed and matches, until somebody attaches to it\n"
    "  ignore <exec=GLOB|name=GLOB|cmdline=GLOB>\n"
    "    Let a process that is followed and matches run untraced, with all that it makes\n"
    "  set debug <0|1>\n"
    "    Tell on the server's terminal what it does\n"
    "  set remote-debug <0|1>\n"
    "    Show the packets there\n"
    "  set debug-hw-points <0|1>\n"
    "  set event-loop-debug <0|1>\n"
    "    Understood, without effect\n"
    "  set debug-format <none|timestamp|all>\n"
    "    Times in front of such lines\n"
    "  set libthread-db-search-path <directories>\n"
    "    Where libthread_db is looked for from now on\n"
    "  exit\n"
    "    Quit GDBserver\n";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// The first word, and what follows it.
std::pair<std::string_view, std::string_view> split(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return {text, {}};
  return {text.substr(0, space), trimmed(text.substr(space))};
}

std::unexpected<Error> unknown() {
  return fail(Errc::unsupported, fmt::format("Unknown monitor command.\n\n{}", help_text));
}

std::optional<bool> on_off(std::string_view text) {
  if (text == "1") return true;
  if (text == "0") return false;
  return std::nullopt;
}

std::string switched(std::string_view what, bool on) {
  return fmt::format("{} {}.\n", what, on ? "enabled" : "disabled");
}

}  // namespace

bool apply_debug_format(Log& log, std::string_view formats) {
  bool times = false;
  while (!formats.empty()) {
    const auto comma = std::min(formats.find(','), formats.size());
    const auto word = trimmed(formats.substr(0, comma));
    formats.remove_prefix(std::min(comma + 1, formats.size()));
    if (word == "all" || word == "timestamp") {
      times = true;
    } else if (word == "none") {
      times = false;
    } else if (!word.empty()) {
      return false;
    }
  }
  log.set_timestamps(times);
  return true;
}

Result<std::string> Monitor::run(std::string_view command) {
  const auto [word, rest] = split(trimmed(command));
  if (word == "help" && rest.empty()) return std::string(help_text);
  if (word == "who" && rest.empty()) return host_.who();
  if (word == "exit" && rest.empty()) {
    host_.request_exit();
    return std::string();
  }
  if (word == "follow" && rest.empty()) return host_.follow(std::nullopt);
  if (word == "follow" && (rest == "on" || rest == "off")) return host_.follow(rest == "on");
  if (word == "hold" && !rest.empty()) return host_.add_gate(GateKind::hold, rest);
  if (word == "ignore" && !rest.empty()) return host_.add_gate(GateKind::ignore, rest);
  if (word != "set") return unknown();
  const auto [what, value] = split(rest);
  return set(what, value);
}

Result<std::string> Monitor::set(std::string_view what, std::string_view value) {
  if (what == "debug-format") return set_format(value);
  if (what == "libthread-db-search-path") {
    host_.set_libthread_db_path(std::string(value));
    return fmt::format("libthread-db-search-path set to `{}'\n", value);
  }
  const auto on = on_off(value);
  if (!on) return unknown();
  if (what == "debug") {
    if (*on && log_.level() != LogLevel::debug) quiet_level_ = log_.level();
    log_.set_level(*on ? LogLevel::debug : quiet_level_);
    return switched("Debug output", *on);
  }
  if (what == "remote-debug") {
    packets_.set_shown(*on);
    return switched("Protocol debug output", *on);
  }
  if (what == "debug-hw-points") return switched("H/W point debugging output", *on);
  if (what == "event-loop-debug") return switched("Event loop debug output", *on);
  return unknown();
}

Result<std::string> Monitor::set_format(std::string_view formats) {
  if (!apply_debug_format(log_, formats)) {
    return fail(Errc::invalid, fmt::format("Unknown debug-format argument: \"{}\"\n", formats));
  }
  if (formats == "all") return switched("All extra debug format options", true);
  if (formats == "none" || formats.empty()) return switched("All extra debug format options", false);
  return std::string("Timestamps will be added to debug output.\n");
}

}  // namespace cotrace::server
