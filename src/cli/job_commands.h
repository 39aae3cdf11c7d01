// The commands that run a job (engines/job.h): trace, tree, catch.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <cotrace/error.h>

#include "engines/job.h"
#include "server/jobs.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace cotrace::cli {

// What one of them adds to what they have in common.
class JobCommand {
 public:
  virtual ~JobCommand() = default;
  virtual void add_options(CLI::App& app) = 0;
  // Once the options have been read.
  virtual Result<std::unique_ptr<engines::Job>> make(const server::JobRequest& request,
                                                     const engines::JobContext& context) = 0;
  // What is written to without -o.
  [[nodiscard]] virtual int standard_output() const = 0;
  // --all makes sense.
  [[nodiscard]] virtual bool takes_all() const = 0;
};

bool is_job_command(const std::string& name);
std::string job_commands_help();

// The whole command line, its first word the command. The exit code.
int run_job_command(const std::vector<std::string>& words);

// The same words in a server that is to run the job: what a server::JobFactory does.
Result<std::unique_ptr<engines::Job>> make_job(const server::JobRequest& request,
                                               const engines::JobContext& context);

}  // namespace cotrace::cli
