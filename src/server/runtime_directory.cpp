#include "server/runtime_directory.h"

#include <cerrno>
#include <cstdlib>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errno_error.h"

namespace cotrace::server {

Result<std::string> private_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return base::fail_errno(path);
  // /tmp is everybody's: whoever was there first may have made the directory, or a link to somewhere else.
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) return base::fail_errno(path);
  if (!S_ISDIR(found.st_mode) || found.st_uid != ::geteuid() || (found.st_mode & 0077) != 0) {
    return fail(
        Errc::not_permitted,
        fmt::format("{} is not a directory of this user's alone; remove it, or say where to listen", path));
  }
  return path;
}

Result<std::string> runtime_directory() {
  // Absent where no login session is (ssh without one, containers, su), or somebody else's (sudo -E).
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && runtime[0] == '/') {
    if (auto directory = private_directory(fmt::format("{}/cotrace", runtime))) return directory;
  }
  return private_directory(fmt::format("/tmp/cotrace-{}", ::geteuid()));
}

Result<std::string> default_socket_path() {
  auto directory = runtime_directory();
  if (!directory) return directory;
  return fmt::format("{}/{}.sock", *directory, ::getpid());
}

}  // namespace cotrace::server
