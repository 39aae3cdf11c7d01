#include "server/control_name.h"

#include <cerrno>
#include <fmt/format.h>
#include <fstream>
#include <string_view>
#include <sys/stat.h>

#include "base/errno_error.h"

namespace cotrace::server {
namespace {

// The last of the ids in NSpid: the one in the process's own namespace (proc(5)).
std::string innermost_id(Pid process) {
  std::ifstream status(fmt::format("/proc/{}/status", process.value));
  constexpr std::string_view key = "NSpid:";
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key)) return line.substr(line.find_last_of(" \t") + 1);
  }
  return std::to_string(process.value);
}

}  // namespace

Result<std::string> control_name(Pid server) {
  struct stat space{};
  const auto path = fmt::format("/proc/{}/ns/pid", server.value);
  if (::stat(path.c_str(), &space) != 0) return base::fail_errno(path);
  return fmt::format("cotrace/{}/{}", space.st_ino, innermost_id(server));
}

}  // namespace cotrace::server
