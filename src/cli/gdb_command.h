// `cotrace gdb PROGRAM ARGS`: gdb, connected to a server of its own.
#pragma once

#include <string>
#include <vector>

#include "cli/run_server.h"

namespace cotrace::cli {

struct GdbCommand {
  std::string gdb{"gdb"};  // found through PATH
  std::vector<std::string>
      gdb_arguments;  // after the command that connects, so that -ex commands find the program there
  server::ServerOptions server;  // what is debugged; address, announcing and life are filled in here
  Reporting reporting;
};

// This process becomes gdb; the server is its child. Returns, with an exit code, only if the program or gdb
// cannot be started.
int gdb_command(GdbCommand command);

}  // namespace cotrace::cli
