#include "server/jobs.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "trace/core.h"
#include "trace/tracer_on.h"

namespace cotrace::server {

Jobs::Jobs(base::Reactor& reactor, trace::Core& core, JobFactory factory, HowToConnect how_to_connect)
    : reactor_(reactor),
      factory_(std::move(factory)),
      how_to_connect_(std::move(how_to_connect)),
      tracer_(trace::TracerAccess::on(reactor, core)) {}

Jobs::~Jobs() {
  *alive_ = false;
}

Result<Jobs::Running*> Jobs::make(Wanted& wanted) {
  if (!factory_) return fail(Errc::unsupported, "this server runs no jobs");
  const Number number = ++last_;
  auto ended = [this, alive = alive_, number](std::optional<ExitStatus> program) {
    // From within the job, which cannot be destroyed there.
    if (*alive) over(number, program);
  };
  auto job = factory_(wanted.request, {*tracer_, wanted.outlet, std::move(ended), how_to_connect_});
  if (!job) return std::unexpected(job.error());
  Running& running = running_.emplace_back(number, fmt::format("{}", fmt::join(wanted.request.words, " ")),
                                           wanted.outlet, std::move(wanted.ended), std::move(*job), nullptr);
  wanted.outlet.when_drained([raw = running.job.get()] { raw->output_drained(); });
  return &running;
}

Result<Jobs::Number> Jobs::join(Wanted wanted) {
  const JobRequest request = wanted.request;
  auto made = make(wanted);
  if (!made) return std::unexpected(made.error());
  Running& running = **made;
  std::optional<Error> refusal;
  bool any = request.all;
  for (const Pid process : request.processes) {
    const auto joined = running.job->attach(process);
    any = any || joined;
    if (joined) continue;
    refusal = joined.error();
    if (request.processes.size() > 1 || request.all) running.outlet.note(refusal->text);
  }
  const Number number = running.number;
  if (!any) {
    remove(number);
    return std::unexpected(refusal.value_or(Error{Errc::invalid, 0, "no process is named"}));
  }
  if (request.all) {
    running.all = std::make_unique<engines::AllProcesses>(*tracer_, *running.job, request.all_with_init);
    running.all->start();
  }
  return number;
}

Result<Jobs::Launched> Jobs::launch(Wanted wanted, const LaunchOptions& program) {
  auto made = make(wanted);
  if (!made) return std::unexpected(made.error());
  const Number number = (*made)->number;
  const auto launched = (*made)->job->launch(program);
  if (launched) return Launched{number, *launched};
  remove(number);
  return std::unexpected(launched.error());
}

std::string Jobs::describe() const {
  std::string text;
  for (const Running& running : running_) text += fmt::format("job {}: {}\n", running.number, running.words);
  return text;
}

void Jobs::over(Number number, std::optional<ExitStatus> program) {
  const auto found = std::ranges::find(running_, number, &Running::number);
  // With `all` there may be none at the moment; others will come.
  if (found == running_.end() || found->all || std::exchange(found->over, true)) return;
  reactor_.defer([this, alive = alive_, number, program] {
    if (!*alive) return;
    const auto still = std::ranges::find(running_, number, &Running::number);
    if (still == running_.end()) return;
    const auto ended = std::move(still->ended);
    remove(number);
    if (ended) ended(program);
  });
}

void Jobs::finish(Number number) {
  const auto found = std::ranges::find(running_, number, &Running::number);
  if (found == running_.end()) return;
  found->all.reset();
  if (!found->over) found->job->finish();
  remove(number);
}

void Jobs::remove(Number number) {
  const auto found = std::ranges::find(running_, number, &Running::number);
  if (found == running_.end()) return;
  found->outlet.when_drained(nullptr);
  running_.erase(found);
}

}  // namespace cotrace::server
