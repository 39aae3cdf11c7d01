#include "rsp/fileio.h"

#include <cerrno>
#include <fcntl.h>

#include "base/hex.h"
#include "rsp/escape.h"

namespace cotrace::rsp {

namespace {

// EUNKNOWN (gdb manual, "Errno Values").
constexpr int unknown_errno = 9999;

// The protocol's flags of open.
constexpr std::uint64_t access_bits = 3;  // 0 read, 1 write, 2 both
constexpr std::uint64_t append = 0x8;
constexpr std::uint64_t create = 0x200;
constexpr std::uint64_t truncate = 0x400;
constexpr std::uint64_t exclusive = 0x800;
// lldb's own. Every file is opened for one process alone and without waiting, so the first two say nothing
// new.
constexpr std::uint64_t non_blocking = 0x10000000, close_on_exec = 0x40000000, no_follow = 0x20000000;

constexpr std::uint64_t permission_bits = 0777;
constexpr std::uint64_t file_type_bits = 0170000;

// Big-endian fields one after the other.
class StatWriter {
 public:
  void put(std::uint64_t value, std::size_t width) {
    for (std::size_t i = width; i-- > 0;) bytes_[at_++] = static_cast<std::byte>(value >> (8 * i));
  }
  [[nodiscard]] const std::array<std::byte, 64>& bytes() const { return bytes_; }

 private:
  std::array<std::byte, 64> bytes_{};
  std::size_t at_{0};
};

std::string header(std::uint64_t result) {
  std::string out = "F";
  base::append_hex_number(out, result);
  return out;
}

// Room for the data after the longest header that a count up to `count` can need.
std::size_t data_room(std::size_t count, std::size_t packet_size) {
  const std::size_t header_size = header(count).size() + 1;
  return packet_size > header_size ? packet_size - header_size : 0;
}

}  // namespace

int fileio_errno(int linux_errno) {
  switch (linux_errno) {
    // The same in both.
    case EPERM:
    case ENOENT:
    case EINTR:
    case EIO:
    case EBADF:
    case EACCES:
    case EFAULT:
    case EBUSY:
    case EEXIST:
    case ENODEV:
    case ENOTDIR:
    case EISDIR:
    case EINVAL:
    case ENFILE:
    case EMFILE:
    case EFBIG:
    case ENOSPC:
    case ESPIPE:
    case EROFS:
      return linux_errno;
    case ENOSYS:
      return 88;
    case ENAMETOOLONG:
      return 91;
    default:
      return unknown_errno;
  }
}

std::optional<int> open_flags_to_linux(std::uint64_t flags) {
  // Other bits would mean something else to Linux; an open that does half of what was asked for is worse than
  // none.
  const auto access = flags & access_bits;
  const auto known =
      access_bits | append | create | truncate | exclusive | non_blocking | close_on_exec | no_follow;
  if (access == access_bits || (flags & ~known) != 0) return std::nullopt;
  int out = access == 0 ? O_RDONLY : access == 1 ? O_WRONLY : O_RDWR;
  if ((flags & append) != 0) out |= O_APPEND;
  if ((flags & create) != 0) out |= O_CREAT;
  if ((flags & truncate) != 0) out |= O_TRUNC;
  if ((flags & exclusive) != 0) out |= O_EXCL;
  if ((flags & no_follow) != 0) out |= O_NOFOLLOW;
  return out;
}

std::optional<std::uint32_t> mode_to_linux(std::uint64_t mode) {
  if ((mode & ~(permission_bits | file_type_bits)) != 0) return std::nullopt;
  return static_cast<std::uint32_t>(mode);
}

std::array<std::byte, 64> encode_stat(const FileStat& stat) {
  StatWriter out;
  out.put(stat.dev, 4);
  out.put(stat.ino, 4);
  out.put(stat.mode, 4);
  out.put(stat.nlink, 4);
  out.put(stat.uid, 4);
  out.put(stat.gid, 4);
  out.put(stat.rdev, 4);
  out.put(stat.size, 8);
  out.put(stat.blksize, 8);
  out.put(stat.blocks, 8);
  out.put(stat.atime, 4);
  out.put(stat.mtime, 4);
  out.put(stat.ctime, 4);
  return out.bytes();
}

std::string file_result(std::uint64_t result) {
  return header(result);
}

std::string file_error(int linux_errno) {
  std::string out = "F-1,";
  base::append_hex_number(out, static_cast<unsigned>(fileio_errno(linux_errno)));
  return out;
}

std::string file_data(std::span<const std::byte> bytes, std::size_t packet_size) {
  const auto data = escape_binary(bytes, data_room(bytes.size(), packet_size));
  return header(data.consumed) + ';' + data.text;
}

std::string file_whole(std::span<const std::byte> bytes, std::size_t packet_size) {
  const auto data = escape_binary(bytes, data_room(bytes.size(), packet_size));
  if (data.consumed != bytes.size()) return file_error(ENAMETOOLONG);
  return header(data.consumed) + ';' + data.text;
}

}  // namespace cotrace::rsp
