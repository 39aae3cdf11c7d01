#include "cli/gdbserver_command.h"

#include <cstdio>
#include <fmt/format.h>

#include "cli/gdbserver_arguments.h"
#include "cli/job_commands.h"
#include "cli/run_server.h"

namespace cotrace::cli {
namespace {

server::ServerOptions server_options(const GdbserverArguments& arguments, const server::Address& address) {
  server::ServerOptions options;
  options.jobs = make_job;
  options.address = address;
  options.life = {.gdbserver = true, .once = arguments.once, .multi = arguments.multi};
  if (arguments.attach) {
    options.start = server::StartAttached{arguments.pid};
  } else if (!arguments.program.empty()) {
    options.start = server::StartProgram{arguments.program};
  }
  options.target.wrapper = arguments.wrapper;
  options.target.startup_with_shell = arguments.startup_with_shell;
  options.target.disable_randomization = arguments.disable_randomization;
  options.disabled_packets = arguments.disabled_packets;
  return options;
}

}  // namespace

int gdbserver_command(const std::vector<std::string>& words) {
  const auto parsed = parse_gdbserver_arguments(words);
  if (const auto* text = std::get_if<PrintAndExit>(&parsed)) {
    fmt::print(text->to_stderr ? stderr : stdout, "{}", text->text);
    return text->code;
  }
  const auto& arguments = std::get<GdbserverArguments>(parsed);
  const auto address = server::parse_address(arguments.comm);
  if (!address) {
    fmt::print(stderr, "{}\nExiting\n", address.error().text);
    return 1;
  }
  Reporting reporting;
  if (arguments.debug) reporting.level = server::LogLevel::debug;
  reporting.show_packets = arguments.remote_debug;
  reporting.timestamps = arguments.debug_format.find("all") != std::string::npos ||
                         arguments.debug_format.find("timestamp") != std::string::npos;
  reporting.log_file = arguments.debug_file;
  return run_server(server_options(arguments, *address), server::Manner::gdbserver, reporting);
}

}  // namespace cotrace::cli
