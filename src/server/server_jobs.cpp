// The job of the command line, and those of others.
#include <chrono>
#include <csignal>
#include <fmt/format.h>
#include <utility>

#include "server/server.h"
#include "trace/core.h"

namespace cotrace::server {
namespace {

// How long a reader of the job's output may take at the end.
constexpr std::chrono::seconds last_words{5};

}  // namespace

// Only one who cannot have the terminal signal sent to itself is to be ended by it.
bool Server::meant_for_program(int signal) const {
  return job_program_ && !finishing_ && (signal == SIGINT || signal == SIGQUIT);
}

void Server::start_job(const StartJob& job) {
  outlet_.emplace(reactor_, job.output, services_.lines);
  if (auto begun = begin_job(job); !begun) {
    services_.lines.cannot_start(begun.error().text);
    finish(1);
    return;
  }
  // It may be over already, but that is told from a turn of its own.
  begin();
}

Result<> Server::begin_job(const StartJob& job) {
  Jobs::Wanted wanted{job.request, *outlet_,
                      [this](const std::optional<ExitStatus>& program) { job_ended(program); }};
  if (job.program.empty()) {
    auto joined = jobs_.join(std::move(wanted));
    if (!joined) return std::unexpected(joined.error());
    own_job_ = *joined;
    return {};
  }
  LaunchOptions program{.arguments = job.program, .environment = {}, .working_directory = {}};
  program.disable_randomization = options_.target.disable_randomization;
  // One with this process to the terminal: it reads from it, and Ctrl-C is for it.
  program.own_process_group = false;
  auto launched = jobs_.launch(std::move(wanted), program);
  if (!launched) return std::unexpected(launched.error());
  own_job_ = launched->number;
  job_program_ = launched->program;
  return {};
}

void Server::job_ended(const std::optional<ExitStatus>& program) {
  own_job_.reset();
  job_program_.reset();
  if (program && program->signalled) ending_signal_ = program->code;
  finish(program ? program->code : 0);
}

std::string Server::how_to_connect(Pid process) const {
  if (!listener_) return fmt::format("attach {}, from the debugger that is connected", process.value);
  return fmt::format("gdb -ex '{}' -ex 'attach {}'", Lines::connect_command(listener_->sockets()),
                     process.value);
}

// Before anything is let go: what the jobs still say is about what they have.
void Server::end_jobs() {
  if (own_job_) jobs_.finish(*std::exchange(own_job_, std::nullopt));
  // A program that was started for its job does not outlive it.
  if (job_program_) (void)core_.kill(*std::exchange(job_program_, std::nullopt));
  door_.close();
  if (outlet_) outlet_->drain(std::chrono::steady_clock::now() + last_words);
}

}  // namespace cotrace::server
