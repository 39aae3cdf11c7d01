// `cotrace who [PID]`: what is traced, by whom, and why a process may not be.
#pragma once

#include <optional>

#include <cotrace/ids.h>

namespace cotrace::cli {

// Of one process, or of all that are traced. The exit code: 1 where the process is not there or may not be
// traced.
int who_command(std::optional<Pid> process);

}  // namespace cotrace::cli
