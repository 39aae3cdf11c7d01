#include "cli/who_command.h"

#include <cerrno>
#include <fmt/format.h>
#include <map>
#include <sys/ptrace.h>
#include <thread>
#include <vector>

#include "cli/joined.h"
#include "cli/run_server.h"
#include "linux/proc.h"
#include "linux/ptrace.h"

namespace cotrace::cli {
namespace {

std::string name_of(Pid process) {
  const auto status = sys::task_status(leader_of(process));
  return status ? fmt::format("process {} ({})", process.value, status->name)
                : fmt::format("process {}", process.value);
}

std::string indented(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out += fmt::format("  {}\n", text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// What a tracer is, and, where it is a cotrace, who is there.
std::string about_tracer(Pid tracer) {
  if (const auto said = ask_who(tracer)) return fmt::format("a cotrace server\n{}", indented(*said));
  return "not a cotrace server that can be asked\n";
}

// Seizing stops nobody, and the kernel lets go when the thread that seized ends: so the kernel itself is
// asked whether it would be allowed.
Result<> try_seize(Pid process) {
  Result<> outcome;
  std::thread([&] { outcome = sys::seize(leader_of(process), 0); }).join();
  return outcome;
}

int about(Pid process) {
  const auto status = sys::task_status(leader_of(process));
  if (!status) return complain(fmt::format("there is no process {}", process.value));
  if (const auto tracer = tracer_of(process)) {
    fmt::print("{} is traced by {}, {}", name_of(process), name_of(*tracer), about_tracer(*tracer));
    return 0;
  }
  if (const auto seized = try_seize(process); !seized) {
    fmt::print("{}\n", sys::diagnose_attach(leader_of(process), seized.error().sys_errno).text);
    return 1;
  }
  fmt::print("{} is not traced, and can be\n", name_of(process));
  return 0;
}

int about_all() {
  const auto processes = sys::processes();
  if (!processes) return complain(processes.error().text);
  std::map<Pid, std::vector<Pid>> traced;
  for (const Pid process : *processes) {
    if (const auto tracer = tracer_of(process)) traced[*tracer].push_back(process);
  }
  if (traced.empty()) fmt::print("No process is traced.\n");
  for (const auto& [tracer, tracees] : traced) {
    fmt::print("{}, {}", name_of(tracer), about_tracer(tracer));
    for (const Pid process : tracees) fmt::print("  traces {}\n", name_of(process));
  }
  return 0;
}

}  // namespace

int who_command(std::optional<Pid> process) {
  return process ? about(*process) : about_all();
}

}  // namespace cotrace::cli
