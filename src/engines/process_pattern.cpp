#include "engines/process_pattern.h"

#include <fmt/format.h>
#include <fnmatch.h>
#include <utility>

#include "linux/proc.h"

namespace cotrace::engines {

const std::string& ProgramOf::executable() {
  if (!std::exchange(executable_read_, true)) executable_ = sys::executable_of(leader_).value_or("");
  return executable_;
}

const std::string& ProgramOf::command_line() {
  if (std::exchange(command_line_read_, true)) return command_line_;
  if (const auto words = sys::command_line_of(leader_)) {
    for (const auto& word : *words) {
      if (!command_line_.empty()) command_line_ += ' ';
      command_line_ += word;
    }
  }
  return command_line_;
}

Result<ProcessPattern> ProcessPattern::parse(std::string_view text) {
  const auto equals = text.find('=');
  const auto key_end = std::min(equals, text.find_first_of("/*?["));
  // `*a=b` has no key.
  const bool has_key = equals != std::string_view::npos && key_end == equals;
  const auto glob = has_key ? text.substr(equals + 1) : text;
  if (glob.empty()) return fail(Errc::invalid, fmt::format("\"{}\" matches nothing: write exec=GLOB", text));
  Key key = glob.find('/') == std::string_view::npos ? Key::name : Key::exec;
  if (has_key) {
    const auto word = text.substr(0, equals);
    if (word == "exec") {
      key = Key::exec;
    } else if (word == "name") {
      key = Key::name;
    } else if (word == "cmdline") {
      key = Key::cmdline;
    } else {
      return fail(
          Errc::invalid,
          fmt::format("\"{}\": there is no {}=; write exec=GLOB, name=GLOB or cmdline=GLOB", text, word));
    }
  }
  return ProcessPattern(std::string(text), key, std::string(glob));
}

bool ProcessPattern::matches(ProgramOf& program) const {
  const auto like = [this](const std::string& what) {
    return !what.empty() && ::fnmatch(glob_.c_str(), what.c_str(), 0) == 0;
  };
  switch (key_) {
    case Key::exec:
      return like(program.executable());
    case Key::name:
      return like(program.executable().substr(program.executable().rfind('/') + 1));
    case Key::cmdline:
      return like(program.command_line());
  }
  return false;
}

}  // namespace cotrace::engines
