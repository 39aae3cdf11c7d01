// Calls on open descriptors.
#include <fcntl.h>

#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/families.h"
#include "engines/syscall_log/flag_tables.h"
#include "engines/syscall_log/io_vectors.h"
#include "engines/syscall_log/open_flags.h"
#include "engines/syscall_log/signal_values.h"
#include "engines/syscall_log/text.h"

namespace cotrace::engines::syscall_log {

namespace {

// The structure of F_SETLK and its like; `get` has the kernel's answer with the holder's id.
std::string lock_text(const flock& lock, bool with_process) {
  auto out = fmt::format("{{l_type={}, l_whence={}, l_start={}, l_len={}",
                         value_text(lock_types, static_cast<std::uint64_t>(lock.l_type)),
                         value_text(seek_whence, static_cast<std::uint64_t>(lock.l_whence)), lock.l_start,
                         lock.l_len);
  if (with_process) out += fmt::format(", l_pid={}", lock.l_pid);
  return out + "}";
}

void print_lock(Printer& to, unsigned index, bool written) {
  if (written && print_unwritten(to, index)) return;
  const auto lock = to.read<flock>(to.call.args[index]);
  lock ? to.text(lock_text(*lock, written)) : print_address(to, index);
}

void print_owner(Printer& to, unsigned index) {
  const auto owner = to.read<f_owner_ex>(to.call.args[index]);
  if (!owner) return print_address(to, index);
  constexpr std::string_view types[] = {"F_OWNER_TID", "F_OWNER_PID", "F_OWNER_PGRP"};
  const auto type = static_cast<unsigned>(owner->type);
  to.format("{{type={}, pid={}}}", type < 3 ? types[type] : "F_OWNER_???", owner->pid);
}

// What the third argument is, the command says. Those that the kernel fills in are printed at the exit.
void print_fcntl_argument(Printer& to, unsigned index) {
  switch (to.call.args[index - 1]) {
    case F_GETFD:
    case F_GETFL:
    case F_GETOWN:
    case F_GETSIG:
    case F_GETLEASE:
    case F_GETPIPE_SZ:
    case F_GET_SEALS:
      return to.omit_rest();
    case F_SETFD:
      return print_flags<descriptor_flags>(to, index);
    case F_SETFL:
      return to.text(open_flags_text(static_cast<std::uint32_t>(to.call.args[index])));
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
      return print_lock(to, index, false);
    case F_GETLK:
    case F_OFD_GETLK:
      return print_lock(to, index, true);
    case F_SETOWN_EX:
    case F_GETOWN_EX:
      return print_owner(to, index);
    case F_SETSIG:
      return print_signal(to, index);
    case F_SETLEASE:
      return print_value<lock_types>(to, index);
    case F_ADD_SEALS:
      return print_flags<seals>(to, index);
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
    case F_SETOWN:
    case F_SETPIPE_SZ:
      return print_number(to, index);
    default:
      return print_hexadecimal(to, index);
  }
}

void remark_fcntl(Printer& to) {
  const auto result = static_cast<std::uint64_t>(to.call.result);
  switch (to.call.args[1]) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
      return to.result_is_descriptor();
    case F_GETFD:
      to.result_is_hexadecimal();
      if (result != 0) to.text("flags " + flags_text(descriptor_flags, result));
      break;
    case F_GETFL:
      to.result_is_hexadecimal();
      to.text("flags " + open_flags_text(static_cast<std::uint32_t>(result)));
      break;
    case F_GET_SEALS:
      to.result_is_hexadecimal();
      if (result != 0) to.text("seals " + flags_text(seals, result));
      break;
    default:
      break;
  }
}

// The address and how many entries of getdents64 are there.
void print_directory_entries(Printer& to, unsigned index) {
  if (print_unwritten(to, index)) return;
  // d_ino, d_off, d_reclen (getdents(2)); the older call's begins alike.
  constexpr std::uint64_t length_at = 16;
  const auto filled = static_cast<std::uint64_t>(to.call.result);
  std::uint64_t count = 0;
  for (std::uint64_t at = 0; at < filled; ++count) {
    const auto length = to.read<std::uint16_t>(to.call.args[index] + at + length_at);
    if (!length || *length == 0) break;
    at += *length;
  }
  to.format("{:#x} /* {} entr{} */", to.call.args[index], count, count == 1 ? "y" : "ies");
}

// [0] => [1]: as it was, and as the kernel has left it.
void print_new_offset(Printer& to, unsigned index) {
  if (to.call.failed() || to.call.result == 0) return;
  if (const auto offset = to.read<std::int64_t>(to.call.args[index])) to.format(" => [{}]", *offset);
}

using namespace words;  // NOLINT(google-build-using-namespace): what the table below is written in

constexpr Argument moving_offset{print_long_at, When::entry, print_new_offset};
constexpr Argument entries{print_directory_entries, When::exit};
constexpr Argument whence = value<seek_whence>;
constexpr Argument rwf = flags<rwf_flags>;

constexpr Signature table[] = {
    {"read", {descriptor, buffer_out, size}},
    {"write", {descriptor, buffer_in, size}},
    {"pread64", {descriptor, buffer_out, size, long_number}},
    {"pwrite64", {descriptor, buffer_in, size, long_number}},
    {"readv", {descriptor, vectors_out, size}},
    {"writev", {descriptor, vectors_in, size}},
    {"preadv", {descriptor, vectors_out, size, long_number, hidden}},
    {"pwritev", {descriptor, vectors_in, size, long_number, hidden}},
    {"preadv2", {descriptor, vectors_out, size, long_number, hidden, rwf}},
    {"pwritev2", {descriptor, vectors_in, size, long_number, hidden, rwf}},
    {"process_vm_readv", {process, vectors_out, size, vectors_there, size, hexadecimal_32}},
    {"process_vm_writev", {process, vectors_in, size, vectors_there, size, hexadecimal_32}},
    {"vmsplice", {descriptor, vectors_in, size, flags<splice_flags>}},
    {"close", {descriptor}},
    {"close_range", {unsigned_number, unsigned_number, flags<close_range_flags>}},
    {"lseek", {descriptor, long_number, whence}},
    {"dup", {descriptor}, Returns::descriptor},
    {"dup2", {descriptor, descriptor}, Returns::descriptor},
    {"dup3", {descriptor, descriptor, flags<open_flags>}, Returns::descriptor},
    {"pipe", {descriptor_pair_out}},
    {"pipe2", {descriptor_pair_out, flags<open_flags>}},
    {"fcntl",
     {descriptor, value<fcntl_commands>, {print_fcntl_argument, When::maybe}},
     Returns::number,
     remark_fcntl},
    {"flock", {descriptor, flags<flock_operations>}},
    {"fsync", {descriptor}},
    {"fdatasync", {descriptor}},
    {"syncfs", {descriptor}},
    {"sync_file_range", {descriptor, long_number, long_number, flags<sync_range_flags>}},
    {"ftruncate", {descriptor, long_number}},
    {"fallocate", {descriptor, flags<fallocate_modes>, long_number, long_number}},
    {"fadvise64", {descriptor, long_number, size, value<fadvise_advice>}},
    {"readahead", {descriptor, long_number, size}},
    {"fchdir", {descriptor}},
    {"fchmod", {descriptor, mode}},
    {"fchown", {descriptor, id, id}},
    {"getdents", {descriptor, entries, size}},
    {"getdents64", {descriptor, entries, size}},
    {"sendfile", {descriptor, descriptor, moving_offset, size}},
    {"copy_file_range", {descriptor, moving_offset, descriptor, moving_offset, size, hexadecimal_32}},
    {"splice", {descriptor, moving_offset, descriptor, moving_offset, size, flags<splice_flags>}},
    {"tee", {descriptor, descriptor, size, flags<splice_flags>}},
    {"inotify_init", {}, Returns::descriptor},
    {"inotify_init1", {flags<inotify_init_flags>}, Returns::descriptor},
    {"inotify_rm_watch", {descriptor, number}},
    {"fanotify_init", {hexadecimal_32, hexadecimal_32}, Returns::descriptor},
    {"open_by_handle_at", {directory, address, flags<open_flags>}, Returns::descriptor},
    {"eventfd", {unsigned_number}, Returns::descriptor},
    {"eventfd2", {unsigned_number, flags<eventfd_flags>}, Returns::descriptor},
    {"fsopen", {string, hexadecimal_32}, Returns::descriptor},
    {"fsconfig", {descriptor, unsigned_number, string, address, number}},
    {"fsmount", {descriptor, hexadecimal_32, hexadecimal_32}, Returns::descriptor},
    {"finit_module", {descriptor, string, hexadecimal_32}},
};

}  // namespace

Signatures descriptor_calls() {
  return table;
}

}  // namespace cotrace::engines::syscall_log
