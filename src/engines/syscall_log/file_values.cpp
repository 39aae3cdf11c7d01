#include "engines/syscall_log/file_values.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <sys/sysmacros.h>

#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/flag_tables.h"
#include "engines/syscall_log/names.h"
#include "engines/syscall_log/time_values.h"

namespace cotrace::engines::syscall_log {

namespace {

bool is_device(std::uint32_t mode) {
  return S_ISCHR(mode) || S_ISBLK(mode);
}

std::string stat_time(std::string_view name, const timespec& time) {
  const auto nanoseconds = static_cast<std::uint64_t>(time.tv_nsec);
  return fmt::format(", st_{}={}, st_{}_nsec={}", name, dated_text(time.tv_sec, nanoseconds), name,
                     nanoseconds);
}

// Of those that the kernel says it knows.
std::string statx_times(const struct statx& file) {
  struct Time {
    std::string_view name;
    std::uint32_t known;
    const statx_timestamp& time;
  };
  std::string out;
  for (const auto& [name, known, time] :
       {Time{"atime", STATX_ATIME, file.stx_atime}, Time{"btime", STATX_BTIME, file.stx_btime},
        Time{"ctime", STATX_CTIME, file.stx_ctime}, Time{"mtime", STATX_MTIME, file.stx_mtime}}) {
    if ((file.stx_mask & known) == 0) continue;
    const auto dated = dated_text(time.tv_sec, time.tv_nsec);
    const auto comment = std::min(dated.find(" /*"), dated.size());
    out += fmt::format(", stx_{}={{tv_sec={}, tv_nsec={}}}{}", name, time.tv_sec, time.tv_nsec,
                       dated.substr(comment));
  }
  return out;
}

}  // namespace

std::string stat_text(Printer& to, const struct stat& file) {
  const bool whole = !to.style().abbreviate;
  std::string out = "{";
  if (whole) out += fmt::format("st_dev={}, st_ino={}, ", device_text(file.st_dev), file.st_ino);
  out += "st_mode=" + file_mode_text(file.st_mode);
  if (whole) {
    out += fmt::format(", st_nlink={}, st_uid={}, st_gid={}, st_blksize={}, st_blocks={}", file.st_nlink,
                       file.st_uid, file.st_gid, file.st_blksize, file.st_blocks);
  }
  out += is_device(file.st_mode) ? ", st_rdev=" + device_text(file.st_rdev)
                                 : fmt::format(", st_size={}", static_cast<std::int64_t>(file.st_size));
  if (!whole) return out + ", ...}";
  out += stat_time("atime", file.st_atim);
  out += stat_time("mtime", file.st_mtim);
  out += stat_time("ctime", file.st_ctim);
  return out + "}";
}

std::string statx_text(Printer& to, const struct statx& file) {
  const bool whole = !to.style().abbreviate;
  std::string out = "{stx_mask=" + flags_text(statx_mask, file.stx_mask);
  if (whole) out += fmt::format(", stx_blksize={}", file.stx_blksize);
  out += ", stx_attributes=" + flags_text(statx_attributes, file.stx_attributes);
  if (whole) {
    out += fmt::format(", stx_nlink={}, stx_uid={}, stx_gid={}", file.stx_nlink, file.stx_uid, file.stx_gid);
  }
  out += ", stx_mode=" + file_mode_text(file.stx_mode);
  if (whole) out += fmt::format(", stx_ino={}", file.stx_ino);
  out += fmt::format(", stx_size={}", file.stx_size);
  if (!whole) return out + ", ...}";
  out += fmt::format(", stx_blocks={}, stx_attributes_mask={}", file.stx_blocks,
                     flags_text(statx_attributes, file.stx_attributes_mask));
  out += statx_times(file);
  return out + fmt::format(
                   ", stx_rdev_major={}, stx_rdev_minor={}, stx_dev_major={}, stx_dev_minor={}, "
                   "stx_mnt_id={:#x}}}",
                   file.stx_rdev_major, file.stx_rdev_minor, file.stx_dev_major, file.stx_dev_minor,
                   file.stx_mnt_id);
}

std::string statfs_text(Printer&, const struct statfs& system) {
  std::array<std::uint32_t, 2> id{};
  std::memcpy(id.data(), &system.f_fsid, sizeof id);
  return fmt::format(
      "{{f_type={}, f_bsize={}, f_blocks={}, f_bfree={}, f_bavail={}, f_files={}, f_ffree={}, "
      "f_fsid={{val=[{}, "
      "{}]}}, f_namelen={}, f_frsize={}, f_flags={}}}",
      value_text(statfs_types, static_cast<std::uint32_t>(system.f_type)), system.f_bsize, system.f_blocks,
      system.f_bfree, system.f_bavail, system.f_files, system.f_ffree,
      id[0] == 0 ? "0" : fmt::format("{:#x}", id[0]), id[1] == 0 ? "0" : fmt::format("{:#x}", id[1]),
      system.f_namelen, system.f_frsize,
      flags_text(statfs_flags, static_cast<std::uint64_t>(system.f_flags)));
}

}  // namespace cotrace::engines::syscall_log
