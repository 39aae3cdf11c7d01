#include "native/host_files.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/errno_error.h"

namespace cotrace::native {

namespace {

// More than any packet can carry; keeps a client from making us allocate what it likes.
constexpr std::size_t longest_read = 1 << 20;
// gdb keeps a few files open; a client that leaks them must not use up our descriptors.
constexpr std::size_t most_files = 256;

Error invalid_handle() {
  return {Errc::not_found, EBADF, "no such open file"};
}

// The last component of a path is reached through the other process's root, symbolic links included: they are
// resolved inside of that root, which plain openat(2) on /proc/PID/root/... would not do for absolute ones.
base::Fd open_in_root(int root, const std::string& path, int flags, std::uint32_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags));
  how.mode = (flags & O_CREAT) != 0 ? mode & 07777 : 0;
  how.resolve = RESOLVE_IN_ROOT;
  return base::Fd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
}

session::HostFiles::Stat converted(const struct stat& s) {
  const auto narrow = [](auto value) { return static_cast<std::uint32_t>(value); };
  return {.dev = s.st_dev,
          .ino = s.st_ino,
          .mode = s.st_mode,
          .nlink = narrow(s.st_nlink),
          .uid = s.st_uid,
          .gid = s.st_gid,
          .rdev = narrow(s.st_rdev),
          .size = static_cast<std::uint64_t>(s.st_size),
          .blksize = static_cast<std::uint64_t>(s.st_blksize),
          .blocks = static_cast<std::uint64_t>(s.st_blocks),
          .atime = narrow(s.st_atime),
          .mtime = narrow(s.st_mtime),
          .ctime = narrow(s.st_ctime)};
}

}  // namespace

int NativeHostFiles::Place::at() const {
  return directory.valid() ? directory.get() : AT_FDCWD;
}

Result<> NativeHostFiles::set_filesystem(std::optional<Pid> pid) {
  if (!pid) {
    root_ = {};
    return {};
  }
  struct stat ours{}, theirs{};
  const auto space = fmt::format("/proc/{}/ns/mnt", pid->value);
  if (::stat("/proc/self/ns/mnt", &ours) != 0) return base::fail_errno("/proc/self/ns/mnt");
  if (::stat(space.c_str(), &theirs) != 0) return base::fail_errno(space);
  // Two files of nsfs are the same namespace when device and inode are (namespaces(7)).
  if (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino) {
    root_ = {};
    return {};
  }
  // Kept open: the process may end while the client still reads its libraries.
  const auto path = fmt::format("/proc/{}/root", pid->value);
  base::Fd root(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.valid()) return base::fail_errno(path);
  root_ = std::move(root);
  return {};
}

Result<base::Fd> NativeHostFiles::open_file(const std::string& path, int flags, std::uint32_t mode) const {
  flags |= O_CLOEXEC;
  base::Fd file = root_.valid() ? open_in_root(root_.get(), path, flags, mode)
                                : base::Fd(::open(path.c_str(), flags, mode));
  if (!file.valid()) return base::fail_errno(path);
  return file;
}

Result<NativeHostFiles::Place> NativeHostFiles::parent_of(const std::string& path) const {
  // In our own namespace the kernel takes the path whole.
  if (!root_.valid()) return Place{{}, path};
  const auto slash = path.find_last_not_of('/') == std::string::npos ? std::string::npos : path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  auto opened = open_file(directory, O_PATH | O_DIRECTORY, 0);
  if (!opened) return std::unexpected(opened.error());
  return Place{std::move(*opened), slash == std::string::npos ? path : path.substr(slash + 1)};
}

Result<const base::Fd*> NativeHostFiles::file(int handle) const {
  const auto at = files_.find(handle);
  if (at == files_.end()) return std::unexpected(invalid_handle());
  return &at->second;
}

Result<int> NativeHostFiles::open(const std::string& path, int flags, std::uint32_t mode) {
  if (files_.size() >= most_files)
    return std::unexpected(Error{Errc::no_resources, EMFILE, "too many open files"});
  // A FIFO or a terminal must not keep everybody waiting.
  auto opened = open_file(path, flags | O_NONBLOCK | O_NOCTTY, mode);
  if (!opened) return std::unexpected(opened.error());
  files_.emplace(next_handle_, std::move(*opened));
  return next_handle_++;
}

Result<> NativeHostFiles::close(int handle) {
  if (files_.erase(handle) == 0) return std::unexpected(invalid_handle());
  return {};
}

Result<std::vector<std::byte>> NativeHostFiles::pread(int handle, std::size_t count, std::uint64_t offset) {
  const auto from = file(handle);
  if (!from) return std::unexpected(from.error());
  std::vector<std::byte> out(std::min(count, longest_read));
  const auto got = ::pread((*from)->get(), out.data(), out.size(), static_cast<off_t>(offset));
  if (got < 0) return base::fail_errno("pread");
  out.resize(static_cast<std::size_t>(got));
  return out;
}

Result<std::size_t> NativeHostFiles::pwrite(int handle, std::span<const std::byte> bytes,
                                            std::uint64_t offset) {
  const auto to = file(handle);
  if (!to) return std::unexpected(to.error());
  const auto put = ::pwrite((*to)->get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
  if (put < 0) return base::fail_errno("pwrite");
  return static_cast<std::size_t>(put);
}

Result<session::HostFiles::Stat> NativeHostFiles::fstat(int handle) {
  const auto of = file(handle);
  if (!of) return std::unexpected(of.error());
  struct stat about{};
  if (::fstat((*of)->get(), &about) != 0) return base::fail_errno("fstat");
  return converted(about);
}

Result<session::HostFiles::Stat> NativeHostFiles::stat(const std::string& path) {
  // O_PATH needs no permission on the file itself, as stat(2) needs none.
  const auto opened = open_file(path, O_PATH, 0);
  if (!opened) return std::unexpected(opened.error());
  struct stat about{};
  if (::fstat(opened->get(), &about) != 0) return base::fail_errno(path);
  return converted(about);
}

Result<> NativeHostFiles::unlink(const std::string& path) {
  const auto place = parent_of(path);
  if (!place) return std::unexpected(place.error());
  if (::unlinkat(place->at(), place->path.c_str(), 0) != 0) return base::fail_errno(path);
  return {};
}

Result<std::string> NativeHostFiles::readlink(const std::string& path) {
  const auto place = parent_of(path);
  if (!place) return std::unexpected(place.error());
  std::string out(PATH_MAX, '\0');
  const auto got = ::readlinkat(place->at(), place->path.c_str(), out.data(), out.size());
  if (got < 0) return base::fail_errno(path);
  out.resize(static_cast<std::size_t>(got));
  return out;
}

}  // namespace cotrace::native
