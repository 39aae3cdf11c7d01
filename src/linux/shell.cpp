// through_shell(): the command line that makes a shell start the program.
#include <cstdlib>
#include <fmt/format.h>
#include <string_view>

#include "linux/launch.h"

namespace cotrace::sys {

namespace {

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// $SHELL, unless it is one that starts nothing: service accounts have those.
std::string users_shell() {
  const char* shell = std::getenv("SHELL");
  if (shell == nullptr || *shell == '\0') return "/bin/sh";
  const std::string_view name = base_name(shell);
  return name == "nologin" || name == "false" ? "/bin/sh" : shell;
}

// Only what no shell gives a meaning, anywhere in a word.
bool is_plain(std::string_view word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./,:+@%";
  return !word.empty() && word.find_first_not_of(plain) == std::string_view::npos;
}

// In single quotes nothing is special but the quote itself, which has to be written outside of them. The C
// shells differ: their history mark works inside as well, and a newline there needs a backslash.
std::string quoted(std::string_view word, bool c_shell) {
  if (is_plain(word)) return std::string(word);
  std::string out = "'";
  for (char c : word) {
    if (c == '\'') {
      out += "'\\''";
    } else if (c_shell && c == '!') {
      out += "'\\!'";
    } else if (c_shell && c == '\n') {
      out += "\\\n";
    } else {
      out += c;
    }
  }
  return out + "'";
}

}  // namespace

std::vector<std::string> through_shell(const std::vector<std::string>& arguments, bool verbatim) {
  const std::string shell = users_shell();
  const bool c_shell = base_name(shell).ends_with("csh");
  std::string command = "exec";
  for (const std::string& argument : arguments)
    command += ' ' + (verbatim ? quoted(argument, c_shell) : argument);
  return {shell, "-c", command};
}

}  // namespace cotrace::sys
