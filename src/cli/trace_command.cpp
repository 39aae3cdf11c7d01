#include "cli/trace_command.h"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "engines/stack_trace.h"
#include "engines/syscall_log/syscall_log.h"

namespace cotrace::cli {
namespace {

using engines::SyscallLogOptions;
using engines::syscall_log::CallStatus;
using engines::syscall_log::Lines;
using engines::syscall_log::Style;
using engines::syscall_log::Timestamps;

// Of a stack below a line of the log.
constexpr std::size_t most_frames = 256;

class TraceCommand final : public JobCommand {
 public:
  void add_options(CLI::App& app) override {
    app.add_flag("-f,--follow-forks", follow_, "Follow what is made: threads, forks, vforks, clones");
    app.add_option(
           "-e,--trace", expressions_,
           "What to log: trace=SET, signal=SET, status=SET, raw=SET; SET is call names, %file, %process, "
           "%network, %memory ..., /REGEX, none, all, with ! in front: all but these")
        ->type_name("EXPR")
        ->expected(1)
        ->allow_extra_args(false)
        ->take_all();
    app.add_flag("-c,--summary-only", counts_, "Only count calls, errors and time, and report at the end");
    app.add_flag("-C,--summary", log_and_counts_, "The log, and -c at its end");
    app.add_flag("-T,--syscall-times", call_times_, "How long each call took");
    app.add_flag("-t", times_, "The time in front of each line; -tt with microseconds, -ttt since the epoch");
    app.add_flag("-r,--relative-timestamps", relative_, "The time since the line before");
    app.add_flag("-y,--decode-fds", paths_, "What descriptors are open on; -yy sockets in detail");
    app.add_option("-s,--string-limit", string_limit_, "How much of a string is shown (32)")
        ->type_name("BYTES");
    app.add_flag("-v,--no-abbrev", whole_, "Structures, environments and the like as a whole");
    app.add_flag("-q,--quiet", quiet_, "Nothing on who is joined and left; -qq nothing on ends");
    app.add_flag("-z,--successful-only", successful_, "Only calls that did not fail");
    app.add_flag("-Z,--failed-only", failed_, "Only calls that failed");
    app.add_flag("-k,--stack-traces", stacks_, "Where each call came from");
  }

  Result<std::unique_ptr<engines::Job>> make(const server::JobRequest& request,
                                             const engines::JobContext& context) override {
    auto filter = engines::syscall_log::parse_filter(expressions_);
    if (!filter) return std::unexpected(filter.error());
    if (successful_) filter->show_only(CallStatus::successful);
    if (failed_) filter->show_only(CallStatus::failed);
    SyscallLogOptions options;
    options.follow = follow_;
    options.filter = std::move(*filter);
    if (counts_ || log_and_counts_)
      options.counts = counts_ ? SyscallLogOptions::Counts::only : SyscallLogOptions::Counts::beside;
    options.call_times = call_times_;
    options.timestamps = timestamps();
    if (paths_ > 0)
      options.descriptors = paths_ == 1 ? Style::Descriptors::paths : Style::Descriptors::details;
    options.string_limit = string_limit_;
    options.abbreviate = !whole_;
    // As strace: a log that goes to a file is about its program, and nobody else.
    options.quiet = quiet_ > 0 || (request.to_file && request.processes.empty());
    options.quiet_exits = quiet_ > 1;
    if (follow_ && request.to_file) options.prefix = Lines::Prefix::always;
    if (stacks_) options.stack = stack_writer(context.tracer);
    return engines::make_syscall_log(context, std::move(options));
  }

  [[nodiscard]] int standard_output() const override { return STDERR_FILENO; }
  [[nodiscard]] bool takes_all() const override { return false; }

 private:
  [[nodiscard]] Timestamps timestamps() const {
    if (relative_) return Timestamps::relative;
    switch (times_) {
      case 0:
        return Timestamps::none;
      case 1:
        return Timestamps::seconds;
      case 2:
        return Timestamps::microseconds;
      default:
        return Timestamps::epoch;
    }
  }

  static std::function<void(TaskId, std::string&)> stack_writer(Tracer& tracer) {
    // One for each process that is met.
    struct Stacks {
      std::map<Pid, engines::StackTracer> of;
    };
    return [&tracer, stacks = std::make_shared<Stacks>()](TaskId task, std::string& out) {
      const auto process = tracer.process_of(task);
      if (!process) return;
      auto& stack = stacks->of.try_emplace(*process, tracer).first->second;
      const auto frames = stack.frames(task, most_frames);
      if (!frames) return;
      for (std::size_t at = 0; at < frames->size(); ++at)
        out += " > " + engines::text_of((*frames)[at], at) + "\n";
    };
  }

  bool follow_{false}, counts_{false}, log_and_counts_{false}, call_times_{false}, relative_{false};
  bool whole_{false}, successful_{false}, failed_{false}, stacks_{false};
  int times_{0}, paths_{0}, quiet_{0};
  std::size_t string_limit_{32};
  std::vector<std::string> expressions_;
};

}  // namespace

std::unique_ptr<JobCommand> trace_command() {
  return std::make_unique<TraceCommand>();
}

}  // namespace cotrace::cli
