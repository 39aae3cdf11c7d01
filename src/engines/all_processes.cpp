#include "engines/all_processes.h"

#include <fstream>
#include <string>
#include <unistd.h>
#include <utility>

#include "linux/proc.h"

namespace cotrace::engines {
namespace {

// How soon a process is found that nobody tells of. Reading one small file twenty times a second costs a
// thousandth of a processor.
constexpr std::chrono::milliseconds between_looks{50};
// Who starts programs for a user (login, cron) makes the process first and gives it to the user then.
constexpr unsigned looks_at_strangers = 40;
// More new ids than this, and the list of processes is the shorter one.
constexpr std::uint64_t most_new_ids = 2000;

// The last field of /proc/loadavg: the process id that the kernel has given out last (proc(5)).
std::uint64_t latest_process_id() {
  std::ifstream file("/proc/loadavg");
  std::string field;
  std::uint64_t id = 0;
  for (int at = 0; at < 4; ++at) file >> field;
  file >> id;
  return id;
}

}  // namespace

AllProcesses::AllProcesses(Tracer& tracer, Job& job, bool with_init)
    : tracer_(tracer), job_(job), with_init_(with_init) {
  for (Pid process{::getpid()}; process.value > 1;) {
    left_out_.insert(process);
    const auto status = sys::task_status(leader_of(process));
    if (!status) break;
    process = status->parent;
  }
}

AllProcesses::~AllProcesses() {
  *alive_ = false;
}

void AllProcesses::start() {
  look();
}

AllProcesses::Wanted AllProcesses::wanted(Pid process) const {
  if (left_out_.contains(process) || (process.value == 1 && !with_init_)) return Wanted::no;
  const auto status = sys::task_status(leader_of(process));
  // A thread's id is found in /proc as well.
  if (!status || status->group != process || status->tracer.value != 0) return Wanted::no;
  if (status->state == 'Z' || status->state == 'X') return Wanted::no;
  if (::geteuid() != 0 && status->uid != ::getuid()) return Wanted::not_yet;
  // The kernel's threads have no program; nor has a process that is just ending.
  return sys::executable_of(leader_of(process)) ? Wanted::yes : Wanted::no;
}

void AllProcesses::look_at(Pid process, unsigned looks) {
  switch (wanted(process)) {
    case Wanted::yes:
      // Refused: it has gone, or somebody was faster.
      (void)job_.attach(process);
      return;
    case Wanted::not_yet:
      if (looks > 0) undecided_[process] = looks;
      return;
    case Wanted::no:
      return;
  }
}

void AllProcesses::look_at_all() {
  const auto processes = sys::processes();
  if (!processes) return;
  for (const Pid process : *processes) look_at(process, 0);
}

void AllProcesses::look_at_new(std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t id = from; id <= to; ++id)
    look_at(Pid{static_cast<std::int32_t>(id)}, looks_at_strangers);
}

void AllProcesses::look() {
  for (const auto& [process, looks] : std::exchange(undecided_, {})) look_at(process, looks - 1);
  const auto latest = latest_process_id();
  const auto before = std::exchange(last_given_, latest);
  if (before == 0 || latest < before || latest - before > most_new_ids) {
    look_at_all();
  } else {
    look_at_new(before + 1, latest);
  }
  tracer_.post_after(between_looks, [this, alive = alive_] {
    if (*alive) look();
  });
}

}  // namespace cotrace::engines
