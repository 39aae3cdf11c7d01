#include "cli/catch_command.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <unistd.h>

#include "engines/crash_catcher/crash_catcher.h"

namespace cotrace::cli {
namespace {

class CatchCommand final : public JobCommand {
 public:
  void add_options(CLI::App& app) override {
    app.add_flag("--json", json_, "The reports as JSON, an object a line");
    app.add_flag("--any-signal", any_, "Every signal that ends a process, not only those that dump core");
    app.add_flag("--killed", killed_,
                 "A few words about those that die of SIGKILL, which nobody sees before");
    app.add_option("--frames", frames_, "How much of each thread's stack (64)")->type_name("COUNT");
    app.add_flag("--no-maps", no_maps_, "Without the memory map");
    app.add_flag("--limits", limits_, "With the resource limits");
    app.add_flag("--files", files_, "With what descriptors are open on");
    app.add_option("--core", core_, "Write a core file for each crash to DIRECTORY")->type_name("DIRECTORY");
    app.add_flag("--hold", hold_, "Keep the process after its report, until a debugger attaches to it");
    app.add_option("--hold-timeout", hold_timeout_, "How long; else without end")->type_name("SECONDS");
  }

  Result<std::unique_ptr<engines::Job>> make(const server::JobRequest& request,
                                             const engines::JobContext& context) override {
    using Options = engines::CrashCatcherOptions;
    Options options;
    options.format = json_ ? Options::Format::json : Options::Format::text;
    options.deadly = any_ ? Options::Deadly::all : Options::Deadly::core;
    options.killed = killed_;
    options.most_frames = frames_;
    options.maps = !no_maps_;
    options.limits = limits_;
    options.open_files = files_;
    if (!core_.empty())
      options.core_directory = core_.front() == '/' ? core_ : request.directory + "/" + core_;
    options.hold = hold_;
    options.hold_timeout = std::chrono::seconds(hold_timeout_);
    options.how_to_connect = context.how_to_connect;
    options.until_finished = request.all;
    return engines::make_crash_catcher(context, options);
  }

  [[nodiscard]] int standard_output() const override { return STDOUT_FILENO; }
  [[nodiscard]] bool takes_all() const override { return true; }

 private:
  bool json_{false}, any_{false}, killed_{false}, no_maps_{false}, limits_{false}, files_{false},
      hold_{false};
  std::size_t frames_{64};
  unsigned hold_timeout_{0};
  std::string core_;
};

}  // namespace

std::unique_ptr<JobCommand> catch_command() {
  return std::make_unique<CatchCommand>();
}

}  // namespace cotrace::cli
