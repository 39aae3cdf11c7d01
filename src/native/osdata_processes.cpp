// The tables that come from /proc/PID, and those of processors and modules.
#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <pwd.h>
#include <set>
#include <sstream>
#include <string_view>
#include <system_error>
#include <unistd.h>

#include "linux/proc.h"
#include "native/osdata.h"
#include "native/user_names.h"

namespace cotrace::native {

namespace {

std::string command_of(Pid pid, const sys::TaskStatus& status) {
  std::string out;
  for (const auto& argument : sys::command_line_of(leader_of(pid)).value_or(std::vector<std::string>{})) {
    if (!out.empty()) out += ' ';
    out += argument;
  }
  // Threads of the kernel have none; ps(1) writes their names in brackets.
  return out.empty() ? fmt::format("[{}]", status.name) : out;
}

// Calls for every process that there is; one that ends meanwhile is left out.
template <class Do>
void for_each_process(Do what) {
  for (const Pid pid : sys::processes().value_or(std::vector<Pid>{})) {
    if (const auto status = sys::task_status(leader_of(pid))) what(pid, *status);
  }
}

// The processors on which its threads ran last.
std::string cores_of(Pid pid) {
  std::set<int> cores;
  for (const Tid tid : sys::threads_of(pid).value_or(std::vector<Tid>{})) {
    if (const auto core = sys::processor_of(tid)) cores.insert(*core);
  }
  return fmt::format("{}", fmt::join(cores, ","));
}

// A group's leader may be gone while the group goes on.
std::string name_of(Pid pid) {
  const auto status = sys::task_status(leader_of(pid));
  return status ? status->name : std::to_string(pid.value);
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

}  // namespace

OsTable processes_table() {
  OsTable out{"processes", {"pid", "user", "command", "cores"}, {}};
  for_each_process([&](Pid pid, const sys::TaskStatus& status) {
    out.rows.push_back(
        {std::to_string(pid.value), user_name(status.uid), command_of(pid, status), cores_of(pid)});
  });
  return out;
}

OsTable process_groups_table() {
  OsTable out{"process groups", {"pgid", "leader command", "pid", "command line"}, {}};
  struct Member {
    pid_t group;
    Pid pid;
    std::string command;
  };
  std::vector<Member> members;
  for_each_process([&](Pid pid, const sys::TaskStatus& status) {
    const pid_t group = ::getpgid(pid.value);
    // 0: the group's leader is of another pid namespace (pid_namespaces(7)).
    if (group >= 0) members.push_back({group, pid, command_of(pid, status)});
  });
  std::ranges::sort(members, {}, [](const Member& m) { return std::pair(m.group, m.pid); });
  for (const Member& member : members) {
    out.rows.push_back({std::to_string(member.group), name_of(Pid{member.group}),
                        std::to_string(member.pid.value), member.command});
  }
  return out;
}

OsTable threads_table() {
  OsTable out{"threads", {"pid", "command", "tid", "core"}, {}};
  for_each_process([&](Pid pid, const sys::TaskStatus& status) {
    for (const Tid tid : sys::threads_of(pid).value_or(std::vector<Tid>{})) {
      const auto core = sys::processor_of(tid);
      out.rows.push_back({std::to_string(pid.value), status.name, std::to_string(tid.value),
                          core ? std::to_string(*core) : std::string{}});
    }
  });
  return out;
}

OsTable files_table() {
  namespace fs = std::filesystem;
  OsTable out{"files", {"pid", "command", "file descriptor", "name"}, {}};
  for_each_process([&](Pid pid, const sys::TaskStatus& status) {
    std::error_code error;  // of another user's process nothing can be read
    for (fs::directory_iterator at(fmt::format("/proc/{}/fd", pid.value), error), end; !error && at != end;
         at.increment(error)) {
      std::error_code unreadable;
      const auto target = fs::read_symlink(at->path(), unreadable);
      if (unreadable) continue;
      out.rows.push_back({std::to_string(pid.value), status.name, at->path().filename(), target});
    }
  });
  return out;
}

// One block of "name : value" lines a processor. The columns are the first one's; other processors have the
// same.
OsTable cpus_table() {
  OsTable out{"cpus", {}, {}};
  std::ifstream file("/proc/cpuinfo");
  std::vector<std::string> row;
  bool first = true;
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) {
      if (!row.empty()) out.rows.push_back(std::exchange(row, {}));
      first = out.rows.empty();
      continue;
    }
    if (first) out.columns.push_back(trimmed(std::string_view(line).substr(0, colon)));
    row.push_back(trimmed(std::string_view(line).substr(colon + 1)));
  }
  if (!row.empty()) out.rows.push_back(std::move(row));
  return out;
}

// /proc/modules has the table's columns in their order already (proc(5)).
OsTable modules_table() {
  OsTable out{"modules", {"name", "size", "num uses", "dependencies", "status", "address"}, {}};
  std::ifstream file("/proc/modules");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::vector<std::string> row(out.columns.size());
    for (auto& value : row) words >> value;
    out.rows.push_back(std::move(row));
  }
  return out;
}

}  // namespace cotrace::native
