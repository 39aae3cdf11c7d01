#include "cli/tree_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <unistd.h>

#include "engines/process_tree/process_tree.h"

namespace cotrace::cli {
namespace {

using Format = engines::ProcessTreeOptions::Format;

class TreeCommand final : public JobCommand {
 public:
  void add_options(CLI::App& app) override {
    app.add_option("--format", format_,
                   "text: a line an event, and the whole tree at the end; live: the tree of the "
                   "moment, on a terminal; json: an object a line; trace-event: a file for Perfetto and "
                   "chrome://tracing")
        ->check(CLI::IsMember({"text", "live", "json", "trace-event"}));
    app.add_flag("--no-threads", no_threads_, "Nothing on threads");
  }

  Result<std::unique_ptr<engines::Job>> make(const server::JobRequest& request,
                                             const engines::JobContext& context) override {
    static const std::map<std::string, Format> formats{{"text", Format::text},
                                                       {"live", Format::live},
                                                       {"json", Format::json},
                                                       {"trace-event", Format::trace_event}};
    engines::ProcessTreeOptions options;
    options.format = format_.empty() ? (request.terminal ? Format::live : Format::text) : formats.at(format_);
    options.threads = !no_threads_;
    options.until_finished = request.all;
    options.unicode = request.unicode;
    options.width = static_cast<unsigned>(std::max(request.columns, 1));
    options.height = static_cast<unsigned>(std::max(request.rows, 1));
    return engines::make_process_tree(context, options);
  }

  [[nodiscard]] int standard_output() const override { return STDOUT_FILENO; }
  [[nodiscard]] bool takes_all() const override { return true; }

 private:
  std::string format_;
  bool no_threads_{false};
};

}  // namespace

std::unique_ptr<JobCommand> tree_command() {
  return std::make_unique<TreeCommand>();
}

}  // namespace cotrace::cli
