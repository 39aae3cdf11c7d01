// Files as a process sees them (vFile packets).
#pragma once

#include <map>
#include <optional>
#include <string>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "base/fd.h"
#include "session/target.h"

namespace cotrace::native {

// By itself, without the core: a client may look at files of processes that it does not debug, as far as this
// process may.
class NativeHostFiles final : public session::HostFiles {
 public:
  // Selects the mount namespace of a process. Compared by namespace and not by root directory, as gdb does: a
  // path that /proc tells us of a process in a chroot(2) is already as seen from here.
  Result<> set_filesystem(std::optional<Pid> pid) override;
  Result<int> open(const std::string& path, int flags, std::uint32_t mode) override;
  Result<> close(int handle) override;
  Result<std::vector<std::byte>> pread(int handle, std::size_t count, std::uint64_t offset) override;
  Result<std::size_t> pwrite(int handle, std::span<const std::byte> bytes, std::uint64_t offset) override;
  Result<Stat> fstat(int handle) override;
  Result<Stat> stat(const std::string& path) override;
  Result<> unlink(const std::string& path) override;
  Result<std::string> readlink(const std::string& path) override;

 private:
  // A directory and a path to be resolved in it.
  struct Place {
    base::Fd directory;  // invalid: the current one
    std::string path;
    [[nodiscard]] int at() const;
  };
  Result<base::Fd> open_file(const std::string& path, int flags, std::uint32_t mode) const;
  // The directory that the last component of the path is in: for calls that have no openat2(2).
  Result<Place> parent_of(const std::string& path) const;
  Result<const base::Fd*> file(int handle) const;

  base::Fd root_;  // of another mount namespace; invalid: our own
  std::map<int, base::Fd> files_;
  int next_handle_{1};
};

}  // namespace cotrace::native
