#pragma once

#include <memory>

#include "cli/job_commands.h"

namespace cotrace::cli {

// `cotrace trace`, with strace's option letters.
std::unique_ptr<JobCommand> trace_command();

}  // namespace cotrace::cli
