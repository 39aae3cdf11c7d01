#include "cli/run_server.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <unistd.h>

#include "base/reactor.h"
#include "server/signals.h"
#include "trace/core.h"

namespace cotrace::cli {
namespace {

Result<> open_logs(server::Log& log, server::PacketLog& packets, const Reporting& reporting) {
  if (!reporting.log_file.empty() && !log.to_file(reporting.log_file)) {
    return fail(Errc::system,
                fmt::format("cannot write to {}: {}", reporting.log_file, std::strerror(errno)));
  }
  if (!reporting.packet_file.empty() && !packets.to_file(reporting.packet_file)) {
    return fail(Errc::system,
                fmt::format("cannot write to {}: {}", reporting.packet_file, std::strerror(errno)));
  }
  log.set_level(reporting.level);
  log.set_timestamps(reporting.timestamps);
  packets.set_shown(reporting.show_packets);
  return {};
}

}  // namespace

int complain(const std::string& sentence) {
  fmt::print(stderr, "cotrace: {}\n", sentence);
  return 1;
}

int run_server(server::ServerOptions options, server::Manner manner, const Reporting& reporting) {
  options.target.signals = native::current_signals();
  server::prepare_signals();
  auto reactor = base::Reactor::create();
  if (!reactor) return complain(reactor.error().text);
  server::Notices notices(**reactor, STDERR_FILENO);
  server::Log log(notices);
  server::PacketLog packets(log);
  if (auto opened = open_logs(log, packets, reporting); !opened) return complain(opened.error().text);
  // A server that is killed must not leave programs behind that nobody can resume.
  auto core = trace::Core::create(**reactor, {.kill_on_exit = true});
  if (!core) return complain(core.error().text);
  server::Lines lines(notices, log, manner);
  server::Server server(**reactor, **core, std::move(options), {lines, log, packets});
  int ended_by = 0;
  auto signals = server::EndingSignals::watch(**reactor, [&](int number) {
    log.info("{} received", server::signal_name(number));
    if (server.meant_for_program(number)) return;
    ended_by = number;
    server.finish(128 + number);
  });
  if (!signals) return complain(signals.error().text);
  server.start();
  (*reactor)->run();
  if (ended_by == 0) ended_by = server.ending_signal();
  if (ended_by != 0) server::die_of(ended_by);
  return server.exit_code();
}

}  // namespace cotrace::cli
