#pragma once

#include <memory>

#include "cli/job_commands.h"

namespace cotrace::cli {

// `cotrace catch`.
std::unique_ptr<JobCommand> catch_command();

}  // namespace cotrace::cli
