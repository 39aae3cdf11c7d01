// Talking to a cotrace that runs already (server/control.h).
#pragma once

#include <optional>
#include <string>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "server/jobs.h"

namespace cotrace::cli {

// The process whose thread traces this one; nothing: nobody does, or it is gone.
std::optional<Pid> tracer_of(Pid process);
// The same where the tracer is a cotrace that this user may talk to.
std::optional<Pid> server_of(Pid process);

// Has the job run in that server, copies what it writes to `output` and its notes to standard error, until it
// is over; SIGINT and the like ask it to finish. The exit code; does not return where a signal is to end this
// process.
int run_there(Pid server, const server::JobRequest& request, int output);

// What the server says of who holds what.
Result<std::string> ask_who(Pid server);

}  // namespace cotrace::cli
