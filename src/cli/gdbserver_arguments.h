// gdbserver's command line. Its rules (options before and after the address, a wrapper that ends with `--`)
// are not those of a library for options.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <cotrace/ids.h>

namespace cotrace::cli {

struct GdbserverArguments {
  bool attach{false};
  bool multi{false};
  bool once{false};
  bool debug{false};
  bool remote_debug{false};
  bool disable_randomization{true};
  bool startup_with_shell{true};
  std::string debug_format;
  std::string debug_file;
  std::set<std::string> disabled_packets;
  std::vector<std::string> wrapper;
  std::string comm;
  std::vector<std::string> program;  // with its arguments
  Pid pid;                           // with attach
};

// Nothing to serve: text to print, where, and how to exit.
struct PrintAndExit {
  std::string text;
  bool to_stderr{false};
  int code{0};
};

// `arguments` without the program's own name.
std::variant<GdbserverArguments, PrintAndExit> parse_gdbserver_arguments(
    const std::vector<std::string>& arguments);

// "cotrace 0.1.0, compatible with GNU gdbserver 13.1"
std::string version_text();

}  // namespace cotrace::cli
