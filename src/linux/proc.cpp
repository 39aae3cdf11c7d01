#include "linux/proc.h"

#include <cerrno>
#include <dirent.h>
#include <fmt/format.h>
#include <memory>
#include <string_view>

#include "base/errno_error.h"
#include "linux/proc_file.h"

namespace cotrace::sys {

namespace {

Error gone_task(Tid tid) {
  return Error{Errc::gone, ESRCH, fmt::format("there is no process or thread with id {}", tid.value)};
}

// The names in a folder that are numbers.
Result<std::vector<std::int32_t>> numbers_in(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
  if (!folder) return base::fail_errno(path);
  std::vector<std::int32_t> numbers;
  errno = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name.find_first_not_of("0123456789") == std::string_view::npos)
      numbers.push_back(static_cast<std::int32_t>(decimal(name)));
  }
  // readdir(3) tells the end from an error by errno alone: ENOENT, where the process ends meanwhile.
  if (errno != 0) return base::fail_errno(path);
  return numbers;
}

Result<std::uint64_t> stat_number(Tid tid, std::size_t field) {
  auto stat = read_proc(tid, "stat");
  if (!stat) return std::unexpected(std::move(stat).error());
  const auto value = stat_field(*stat, field);
  // An empty file: the process went between open and read.
  if (!value) return std::unexpected(gone_task(tid));
  return decimal(*value);
}

// "Uid:" and "Gid:" have four numbers: real, effective, saved, file system.
void set_ids(std::uint32_t& real, std::uint32_t& effective, std::string_view value) {
  const auto ids = words_of(value);
  if (ids.size() < 2) return;
  real = static_cast<std::uint32_t>(decimal(ids[0]));
  effective = static_cast<std::uint32_t>(decimal(ids[1]));
}

// proc(5) writes control characters and backslashes of the name as \n, \\ or \ooo.
std::string unescaped_name(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '\\' && i + 1 < name.size() && (name[i + 1] == '\\' || name[i + 1] == 'n')) {
      out += name[i + 1] == 'n' ? '\n' : '\\';
      ++i;
    } else {
      out += name[i];
    }
  }
  return out;
}

}  // namespace

Result<TaskStatus> task_status(Tid tid) {
  auto text = read_proc(tid, "status");
  if (!text) return std::unexpected(std::move(text).error());
  if (text->empty()) return std::unexpected(gone_task(tid));
  const std::string_view file = *text;
  const auto id = [&](std::string_view key) {
    return static_cast<std::int32_t>(decimal(status_value(file, key)));
  };

  TaskStatus status;
  status.name = unescaped_name(status_value(file, "Name"));
  const std::string_view state = status_value(file, "State");
  if (!state.empty()) status.state = state.front();
  status.group = Pid{id("Tgid")};
  status.parent = Pid{id("PPid")};
  status.tracer = Tid{id("TracerPid")};
  set_ids(status.uid, status.euid, status_value(file, "Uid"));
  set_ids(status.gid, status.egid, status_value(file, "Gid"));
  status.blocked = hexadecimal(status_value(file, "SigBlk"));
  status.ignored = hexadecimal(status_value(file, "SigIgn"));
  status.caught = hexadecimal(status_value(file, "SigCgt"));
  status.seccomp = decimal(status_value(file, "Seccomp")) != 0;
  status.no_new_privs = decimal(status_value(file, "NoNewPrivs")) != 0;
  return status;
}

Result<std::vector<Tid>> threads_of(Pid pid) {
  auto numbers = numbers_in(fmt::format("/proc/{}/task", pid.value));
  if (!numbers) {
    Error error = std::move(numbers).error();
    if (error.sys_errno == ENOENT || error.sys_errno == ESRCH) error = gone_task(leader_of(pid));
    return std::unexpected(std::move(error));
  }
  std::vector<Tid> threads;
  threads.reserve(numbers->size());
  for (std::int32_t number : *numbers) threads.emplace_back(number);
  return threads;
}

Result<std::vector<Pid>> children_of(Pid pid) {
  const auto threads = threads_of(pid);
  if (!threads) return std::unexpected(threads.error());
  std::vector<Pid> children;
  for (Tid tid : *threads) {
    const auto list = read_file(fmt::format("/proc/{}/task/{}/children", pid.value, tid.value));
    // The thread has just ended.
    if (!list) continue;
    for (std::string_view word : words_of(*list))
      children.emplace_back(static_cast<std::int32_t>(decimal(word)));
  }
  return children;
}

Result<std::vector<Pid>> processes() {
  auto numbers = numbers_in("/proc");
  if (!numbers) return std::unexpected(std::move(numbers).error());
  std::vector<Pid> pids;
  pids.reserve(numbers->size());
  for (std::int32_t number : *numbers) pids.emplace_back(number);
  return pids;
}

Result<std::optional<BlockedCall>> blocked_call_of(Tid tid) {
  const auto text = read_proc(tid, "syscall");
  if (!text) return std::unexpected(text.error());
  // "running", or "-1 SP PC" outside a system call, or the number in decimal and the rest in hexadecimal.
  const auto words = words_of(*text);
  constexpr std::size_t all = 9;
  if (words.size() != all || words.front().starts_with('-')) return std::nullopt;
  auto number_in = [&](std::size_t index) { return hexadecimal(words[index].substr(2)); };
  BlockedCall call;
  call.number = decimal(words.front());
  for (std::size_t i = 0; i < call.args.size(); ++i) call.args[i] = number_in(1 + i);
  call.stack_pointer = number_in(all - 2);
  call.pc = number_in(all - 1);
  return call;
}

Result<int> processor_of(Tid tid) {
  const auto number = stat_number(tid, 39);
  if (!number) return std::unexpected(number.error());
  return static_cast<int>(*number);
}

Result<std::uint64_t> start_time_of(Tid tid) {
  return stat_number(tid, 22);
}

}  // namespace cotrace::sys
