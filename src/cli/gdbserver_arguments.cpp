#include "cli/gdbserver_arguments.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <fmt/format.h>
#include <optional>

#include "cli/version.h"

namespace cotrace::cli {
namespace {

constexpr std::string_view usage =
    "Usage:\tgdbserver [OPTIONS] COMM PROG [ARGS ...]\n"
    "\tgdbserver [OPTIONS] --attach COMM PID\n"
    "\tgdbserver [OPTIONS] --multi COMM\n"
    "\n"
    "COMM is where to wait for the debugger:\n"
    "  HOST:PORT     a TCP port on the addresses of HOST, and on no other; port 0 picks one\n"
    "  :PORT         the same on this machine only (localhost); *:PORT on every interface\n"
    "  unix:PATH     a Unix socket\n"
    "  - or stdio    standard input and output\n"
    "  /dev/NAME     a terminal device\n"
    "\n"
    "Modes:\n"
    "  --attach                      debug the running process PID\n"
    "  --multi                       start with no program, stay until told to quit\n"
    "  --once                        quit when the first connection ends\n"
    "  --help, --version             print this, or the version\n"
    "\n"
    "Starting programs:\n"
    "  --wrapper WORDS... --         put WORDS before the program\n"
    "  --disable-randomization       fixed addresses (default); --no-disable-randomization\n"
    "  --startup-with-shell          through $SHELL (default); --no-startup-with-shell\n"
    "\n"
    "Watching the server:\n"
    "  --debug                       tell what it does\n"
    "  --remote-debug                show the packets\n"
    "  --debug-format=none,timestamp,all\n"
    "  --debug-file=FILE             write these there\n"
    "  --event-loop-debug            understood, without effect\n"
    "  --disable-packet=LIST         pretend not to know: vCont vConts T Tthread qC qfThreadInfo threads\n";

constexpr std::string_view disableable =
    "Disableable packets:\n"
    "  vCont       \tAll vCont packets\n"
    "  vConts      \tThe s and S actions of vCont\n"
    "  qC          \tThe current thread\n"
    "  qfThreadInfo\tThe list of threads\n"
    "  Tthread     \tThe thread in a T stop reply\n"
    "  threads     \tAll of these\n"
    "  T           \tAll T packets\n";

constexpr std::array<std::string_view, 7> known_packets = {"vCont", "vConts",       "T",      "Tthread",
                                                           "qC",    "qfThreadInfo", "threads"};

PrintAndExit refuse(std::string text) {
  return {std::move(text), true, 1};
}

using Outcome = std::optional<PrintAndExit>;

// The flags that only set something.
bool simple_flag(GdbserverArguments& result, std::string_view flag) {
  if (flag == "--attach") {
    result.attach = true;
  } else if (flag == "--multi") {
    result.multi = true;
  } else if (flag == "--once") {
    result.once = true;
  } else if (flag == "--debug") {
    result.debug = true;
  } else if (flag == "--remote-debug") {
    result.remote_debug = true;
  } else if (flag == "--disable-randomization" || flag == "--no-disable-randomization") {
    result.disable_randomization = !flag.starts_with("--no-");
  } else if (flag == "--startup-with-shell" || flag == "--no-startup-with-shell") {
    result.startup_with_shell = !flag.starts_with("--no-");
  } else {
    return flag == "--event-loop-debug";
  }
  return true;
}

Outcome disable_packets(GdbserverArguments& result, std::string_view list) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    const auto word = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (std::ranges::find(known_packets, word) == known_packets.end()) {
      return refuse(fmt::format("Don't know how to disable \"{}\".\n\n{}", word, disableable));
    }
    result.disabled_packets.emplace(word);
  }
  return std::nullopt;
}

Outcome debug_format(GdbserverArguments& result, std::string_view formats) {
  result.debug_format = formats;
  while (!formats.empty()) {
    const auto comma = std::min(formats.find(','), formats.size());
    const auto word = formats.substr(0, comma);
    formats.remove_prefix(std::min(comma + 1, formats.size()));
    if (word != "none" && word != "all" && word != "timestamp" && !word.empty()) {
      return refuse(fmt::format("Unknown debug-format argument: \"{}\"\n", word));
    }
  }
  return std::nullopt;
}

// The options that end the program.
Outcome informing(std::string_view flag) {
  if (flag == "--help") return PrintAndExit{std::string(usage), false, 0};
  if (flag == "--version") return PrintAndExit{version_text() + "\n", false, 0};
  if (flag == "--disable-packet") return PrintAndExit{std::string(disableable), false, 0};
  // gdb's test suite asks, and takes this for an answer.
  if (flag == "--selftest" || flag.starts_with("--selftest=")) {
    return PrintAndExit{"Selftests have been disabled for this build.\n", false, 0};
  }
  return std::nullopt;
}

class Parser {
 public:
  explicit Parser(const std::vector<std::string>& arguments) : arguments_(arguments) {}

  std::variant<GdbserverArguments, PrintAndExit> run() {
    if (auto ended = options()) return *ended;
    if (done()) return refuse(std::string(usage));
    result_.comm = next();
    // gdbserver took --attach after COMM once and still does; the others are let through likewise.
    if (auto ended = options()) return *ended;
    if (result_.attach) return attached();
    while (!done()) result_.program.push_back(next());
    if (result_.program.empty() && !result_.multi) return refuse(std::string(usage));
    return result_;
  }

 private:
  [[nodiscard]] bool done() const { return at_ == arguments_.size(); }
  const std::string& next() { return arguments_[at_++]; }

  Outcome options() {
    // "-" alone is an address.
    while (!done() && arguments_[at_].starts_with('-') && arguments_[at_] != "-") {
      if (auto ended = option(next())) return ended;
    }
    return std::nullopt;
  }

  Outcome option(const std::string& flag) {
    if (simple_flag(result_, flag)) return std::nullopt;
    if (auto ended = informing(flag)) return ended;
    const std::string_view text(flag);
    if (text.starts_with("--debug-format=")) return debug_format(result_, text.substr(15));
    if (text.starts_with("--disable-packet=")) return disable_packets(result_, text.substr(17));
    if (text.starts_with("--debug-file=") && text.size() > 13) {
      result_.debug_file = text.substr(13);
      return std::nullopt;
    }
    if (flag == "--wrapper") return wrapper();
    return refuse(fmt::format("Unknown argument: {}\n", flag));
  }

  Outcome wrapper() {
    const auto end = std::find(arguments_.begin() + static_cast<std::ptrdiff_t>(at_), arguments_.end(), "--");
    result_.wrapper.assign(arguments_.begin() + static_cast<std::ptrdiff_t>(at_), end);
    if (end == arguments_.end() || result_.wrapper.empty()) return refuse(std::string(usage));
    at_ += result_.wrapper.size() + 1;
    return std::nullopt;
  }

  std::variant<GdbserverArguments, PrintAndExit> attached() {
    if (done()) return refuse(std::string(usage));
    const auto& text = next();
    std::int32_t pid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (error != std::errc{} || end != text.data() + text.size() || pid <= 0 || !done()) {
      return refuse(std::string(usage));
    }
    result_.pid = Pid{pid};
    return result_;
  }

  const std::vector<std::string>& arguments_;
  std::size_t at_{0};
  GdbserverArguments result_;
};

}  // namespace

std::variant<GdbserverArguments, PrintAndExit> parse_gdbserver_arguments(
    const std::vector<std::string>& arguments) {
  return Parser(arguments).run();
}

std::string version_text() {
  return fmt::format("cotrace {}, compatible with GNU gdbserver 13.1", program_version);
}

}  // namespace cotrace::cli
