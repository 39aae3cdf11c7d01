// A server from its options to its exit code.
#pragma once

#include <string>

#include "server/lines.h"
#include "server/server.h"

namespace cotrace::cli {

// What is written for the curious, and where.
struct Reporting {
  server::LogLevel level{server::LogLevel::off};
  bool show_packets{false};
  bool timestamps{true};
  std::string log_file;     // empty: the terminal
  std::string packet_file;  // empty: none
};

// Makes the loop, the tracing core and the server, and runs until the server ends. Blocks and ignores signals
// for the whole process, which must not have started a thread yet. Ended by a signal, it does not return but
// dies of it, after everything is put in order.
int run_server(server::ServerOptions options, server::Manner manner, const Reporting& reporting);

// A complaint on standard error: "cotrace: SENTENCE". Returns the exit code 1.
int complain(const std::string& sentence);

}  // namespace cotrace::cli
