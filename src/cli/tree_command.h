#pragma once

#include <memory>

#include "cli/job_commands.h"

namespace cotrace::cli {

// `cotrace tree`.
std::unique_ptr<JobCommand> tree_command();

}  // namespace cotrace::cli
