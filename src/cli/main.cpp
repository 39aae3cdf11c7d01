// cotrace, and gdbserver where it is started under that name.
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "cli/gdbserver_command.h"
#include "cli/own_commands.h"
#include "cli/run_server.h"

namespace {

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

int dispatch(std::vector<std::string> words) {
  if (words.empty()) return cotrace::cli::own_commands({});
  const bool drop_in = base_name(words.front()) == "gdbserver";
  words.erase(words.begin());
  if (drop_in) return cotrace::cli::gdbserver_command(words);
  if (!words.empty() && words.front() == "gdbserver") {
    words.erase(words.begin());
    return cotrace::cli::gdbserver_command(words);
  }
  return cotrace::cli::own_commands(words);
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return dispatch({arguments, arguments + count});
  } catch (const std::exception& error) {
    // Out of memory while starting. A running server deals with its errors where they come up.
    return cotrace::cli::complain(error.what());
  }
}
