// Calls that name files.
#include <array>
#include <fcntl.h>

#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/families.h"
#include "engines/syscall_log/file_values.h"
#include "engines/syscall_log/flag_tables.h"
#include "engines/syscall_log/open_flags.h"
#include "engines/syscall_log/text.h"
#include "engines/syscall_log/time_values.h"

namespace cotrace::engines::syscall_log {

namespace {

void print_open_how(Printer& to, unsigned index) {
  struct How {
    std::uint64_t flags, mode, resolve;
  };
  const auto how = to.read<How>(to.call.args[index]);
  if (!how) return print_address(to, index);
  to.format("{{flags={}", open_flags_text(static_cast<std::uint32_t>(how->flags)));
  if (how->mode != 0 || (how->flags & O_CREAT) != 0) to.format(", mode=0{:02o}", how->mode);
  how->resolve == 0 ? to.text(", resolve=0}") : to.format(", resolve={:#x}}}", how->resolve);
}

// mknod's device, which only devices have.
void print_node_device(Printer& to, unsigned index) {
  const auto type = to.call.args[index - 1] & 0170000;
  if (type != 0020000 && type != 0060000) return to.omit_rest();
  print_device(to, index);
}

void print_link_target(Printer& to, unsigned index) {
  if (to.call.failed()) return print_address(to, index);
  to.text(bytes_text(to, to.call.args[index], static_cast<std::uint64_t>(to.call.result)));
}

void print_statx_flags(Printer& to, unsigned index) {
  constexpr std::uint64_t sync_bits = 0x6000;
  const auto flags = static_cast<std::uint32_t>(to.call.args[index]);
  to.text(value_text(statx_sync, flags & sync_bits) + more_flags_text(at_flags, flags & ~sync_bits));
}

std::string file_time_text(const timespec& time) {
  if (time.tv_nsec == UTIME_NOW) return "UTIME_NOW";
  if (time.tv_nsec == UTIME_OMIT) return "UTIME_OMIT";
  const auto dated = dated_text(time.tv_sec, static_cast<std::uint64_t>(time.tv_nsec));
  const auto comment = dated.find(" /*");
  return fmt::format("{{tv_sec={}, tv_nsec={}}}{}", time.tv_sec, time.tv_nsec,
                     comment == std::string::npos ? "" : dated.substr(comment));
}

void print_file_times(Printer& to, unsigned index) {
  const auto times = to.read<std::array<timespec, 2>>(to.call.args[index]);
  times ? to.format("[{}, {}]", file_time_text((*times)[0]), file_time_text((*times)[1]))
        : print_address(to, index);
}

void print_file_times_us(Printer& to, unsigned index) {
  const auto times = to.read<std::array<timeval, 2>>(to.call.args[index]);
  times ? to.format("[{}, {}]", timeval_text(to, (*times)[0]), timeval_text(to, (*times)[1]))
        : print_address(to, index);
}

// A list of names, each with its NUL.
void print_names_out(Printer& to, unsigned index) {
  if (to.call.failed() || to.call.args[index + 1] == 0) return print_address(to, index);
  to.text(bytes_text(to, to.call.args[index], static_cast<std::uint64_t>(to.call.result)));
}

void print_mount_type(Printer& to, unsigned index) {
  print_string(to, index);
}

using namespace words;  // NOLINT(google-build-using-namespace): what the table below is written in

constexpr Argument open_flag_argument{print_open_flags};
constexpr Argument open_mode{print_open_mode};
constexpr Argument node_device{print_node_device};
constexpr Argument stat_out = object_out<struct stat, stat_text>;
constexpr Argument statfs_out = object_out<struct statfs, statfs_text>;
constexpr Argument link_target{print_link_target, When::exit};
constexpr Argument names_out{print_names_out, When::exit};
constexpr Argument names_buffer{print_names_out, When::exit};

constexpr Signature table[] = {
    {"open", {path, open_flag_argument, open_mode}, Returns::descriptor},
    {"openat", {directory, path, open_flag_argument, open_mode}, Returns::descriptor},
    {"openat2", {directory, path, {print_open_how}, size}, Returns::descriptor},
    {"creat", {path, mode}, Returns::descriptor},
    {"stat", {path, stat_out}},
    {"lstat", {path, stat_out}},
    {"newfstatat", {directory, path, stat_out, flags<at_flags>}},
    {"statx",
     {directory, path, {print_statx_flags}, flags<statx_mask>, object_out<struct statx, statx_text>}},
    {"statfs", {path, statfs_out}},
    {"fstatfs", {descriptor, statfs_out}},
    {"fstat", {descriptor, stat_out}},
    {"access", {path, flags<access_modes>}},
    {"faccessat", {directory, path, flags<access_modes>}},
    {"faccessat2", {directory, path, flags<access_modes>, flags<faccess_flags>}},
    {"chdir", {path}},
    {"chroot", {path}},
    {"getcwd", {path_out, size}},
    {"mkdir", {path, mode}},
    {"mkdirat", {directory, path, mode}},
    {"mknod", {path, file_mode, node_device}},
    {"mknodat", {directory, path, file_mode, node_device}},
    {"rmdir", {path}},
    {"link", {path, path}},
    {"linkat", {directory, path, directory, path, flags<at_flags>}},
    {"symlink", {path, path}},
    {"symlinkat", {path, directory, path}},
    {"readlink", {path, link_target, size}},
    {"readlinkat", {directory, path, link_target, size}},
    {"unlink", {path}},
    {"unlinkat", {directory, path, flags<at_flags>}},
    {"rename", {path, path}},
    {"renameat", {directory, path, directory, path}},
    {"renameat2", {directory, path, directory, path, flags<rename_flags>}},
    {"chmod", {path, mode}},
    {"fchmodat", {directory, path, mode}},
    {"chown", {path, id, id}},
    {"lchown", {path, id, id}},
    {"fchownat", {directory, path, id, id, flags<at_flags>}},
    {"truncate", {path, long_number}},
    {"utime", {path, address}},
    {"utimes", {path, {print_file_times_us}}},
    {"futimesat", {directory, path, {print_file_times_us}}},
    {"utimensat", {directory, path, {print_file_times}, flags<at_flags>}},
    {"umask", {mode}, Returns::octal},
    {"setxattr", {path, string, buffer_in, size, flags<xattr_flags>}},
    {"lsetxattr", {path, string, buffer_in, size, flags<xattr_flags>}},
    {"fsetxattr", {descriptor, string, buffer_in, size, flags<xattr_flags>}},
    {"getxattr", {path, string, names_buffer, size}},
    {"lgetxattr", {path, string, names_buffer, size}},
    {"fgetxattr", {descriptor, string, names_buffer, size}},
    {"listxattr", {path, names_out, size}},
    {"llistxattr", {path, names_out, size}},
    {"flistxattr", {descriptor, names_out, size}},
    {"removexattr", {path, string}},
    {"lremovexattr", {path, string}},
    {"fremovexattr", {descriptor, string}},
    {"mount", {path, path, {print_mount_type}, flags<mount_flags>, string}},
    {"umount2", {path, flags<umount_flags>}},
    {"pivot_root", {path, path}},
    {"swapon", {path, hexadecimal_32}},
    {"swapoff", {path}},
    {"acct", {path}},
    {"uselib", {path}},
    {"quotactl", {hexadecimal_32, path, id, address}},
    {"inotify_add_watch", {descriptor, path, flags<inotify_events>}},
    {"fanotify_mark", {descriptor, hexadecimal_32, hexadecimal, directory, path}},
    {"name_to_handle_at", {directory, path, address, address, flags<at_flags>}},
    {"open_tree", {directory, path, hexadecimal_32}, Returns::descriptor},
    {"move_mount", {directory, path, directory, path, hexadecimal_32}},
    {"fspick", {directory, path, hexadecimal_32}, Returns::descriptor},
    {"mount_setattr", {directory, path, flags<at_flags>, address, size}},
};

}  // namespace

Signatures file_calls() {
  return table;
}

}  // namespace cotrace::engines::syscall_log
