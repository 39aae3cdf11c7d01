#include "native/host_platform.h"

#include <algorithm>
#include <dirent.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/errno_error.h"
#include "linux/proc.h"
#include "native/link_map.h"
#include "native/system_facts.h"
#include "native/user_names.h"

namespace cotrace::native {

namespace {

// A directory may have millions of entries, and a client can show but a few.
constexpr std::size_t most_completions = 1000;

Result<> done_or_errno(int result, const std::string& path) {
  if (result != 0) return base::fail_errno(path);
  return {};
}

bool is_directory(const std::string& path) {
  struct stat about{};
  return ::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
}

}  // namespace

std::vector<Pid> NativeHostPlatform::processes() {
  return sys::processes().value_or(std::vector<Pid>{});
}

Result<session::HostPlatform::ProcessFacts> NativeHostPlatform::facts(Pid pid) {
  const Tid leader = leader_of(pid);
  const auto status = sys::task_status(leader);
  if (!status) return std::unexpected(status.error());
  // Of a process of somebody else's, or of the kernel's, there is neither.
  const auto auxv = sys::auxv_of(leader);
  const unsigned word = auxv && !auxv->empty() ? static_cast<unsigned>(word_size_of(*auxv)) : 8;
  const uid_t own = ::geteuid();
  return ProcessFacts{.pid = pid,
                      .parent = status->parent,
                      .uid = status->uid,
                      .gid = status->gid,
                      .euid = status->euid,
                      .egid = status->egid,
                      .program = sys::executable_of(leader).value_or(status->name),
                      .arguments = sys::command_line_of(leader).value_or(std::vector<std::string>{}),
                      .machine = machine_of_words(word),
                      .ours = own == 0 || own == status->uid};
}

std::optional<std::string> NativeHostPlatform::user_name(std::uint32_t uid) {
  return native::user_name(uid);
}

std::optional<std::string> NativeHostPlatform::group_name(std::uint32_t gid) {
  return native::group_name(gid);
}

void NativeHostPlatform::shell(const ShellRequest& request, ShellDone done) {
  std::erase_if(commands_, [](const auto& command) { return command->ended(); });
  const auto shared = std::make_shared<ShellDone>(std::move(done));
  auto command =
      ShellCommand::start(client_.reactor, request, client_.options.signals,
                          [shared](Result<ShellOutcome> outcome) { (*shared)(std::move(outcome)); });
  if (!command) return client_.later([shared, why = command.error()] { (*shared)(std::unexpected(why)); });
  commands_.push_back(std::move(*command));
}

Result<> NativeHostPlatform::make_directory(const std::string& path, std::uint32_t mode) {
  return done_or_errno(::mkdir(path.c_str(), mode), path);
}

Result<> NativeHostPlatform::change_mode(const std::string& path, std::uint32_t mode) {
  return done_or_errno(::chmod(path.c_str(), mode), path);
}

Result<> NativeHostPlatform::symlink(const std::string& target, const std::string& link) {
  return done_or_errno(::symlink(target.c_str(), link.c_str()), link);
}

std::vector<std::string> NativeHostPlatform::complete(const std::string& path, bool only_directories) {
  const auto slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  const std::string beginning = path.substr(directory.size());
  std::vector<std::string> out;
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(directory.empty() ? "." : directory.c_str()),
                                                 &::closedir);
  if (open == nullptr) return out;
  while (const dirent* entry = ::readdir(open.get())) {
    const std::string name = entry->d_name;
    if (!name.starts_with(beginning) || name == "." || name == "..") continue;
    const bool inner = is_directory(directory + name);
    if (only_directories && !inner) continue;
    out.push_back(directory + name + (inner ? "/" : ""));
    if (out.size() == most_completions) break;
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace cotrace::native
