// Calls on the address space, and System V shared memory.
#include <algorithm>
#include <sys/ipc.h>
#include <sys/mman.h>

#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/families.h"
#include "engines/syscall_log/flag_tables.h"
#include "engines/syscall_log/text.h"

namespace cotrace::engines::syscall_log {

namespace {

// Where a mapping is to move to is an argument only with the flag that asks for it.
void print_remap_address(Printer& to, unsigned index) {
  if ((to.call.args[index - 1] & (MREMAP_FIXED | MREMAP_DONTUNMAP)) == 0) return to.omit_rest();
  print_address(to, index);
}

// [1, 0]: which pages are there, a byte each.
void print_residency(Printer& to, unsigned index) {
  if (print_unwritten(to, index)) return;
  constexpr std::uint64_t page = 4096;
  const auto pages = (to.call.args[index - 1] + page - 1) / page;
  to.text(array_text<unsigned char>(to, to.call.args[index], pages,
                                    [](unsigned char resident) { return (resident & 1) != 0 ? "1" : "0"; }));
}

void print_ipc_key(Printer& to, unsigned index) {
  const auto key = static_cast<std::uint32_t>(to.call.args[index]);
  key == 0 ? to.text("IPC_PRIVATE") : to.format("{:#x}", key);
}

// Permissions and flags in one number: IPC_CREAT|0600.
void print_ipc_flags(Printer& to, unsigned index) {
  constexpr std::uint64_t permissions = 0777;
  const auto flags = static_cast<std::uint32_t>(to.call.args[index]);
  const auto named = flags & ~permissions;
  if (named != 0) to.text(flags_text(ipc_flags, named) + "|");
  to.format("0{:02o}", flags & permissions);
}

void print_ipc_command(Printer& to, unsigned index) {
  constexpr std::uint64_t ipc_64 = 0x100;
  const auto command = to.call.args[index];
  if ((command & ipc_64) != 0) to.text("IPC_64|");
  to.text(value_text(ipc_commands, command & ~ipc_64));
}

void remark_membarrier(Printer& to) {
  constexpr std::uint64_t query = 0;
  if (to.call.args[0] != query || to.call.result == 0) return;
  to.result_is_hexadecimal();
  to.text(flags_text(membarrier_commands, static_cast<std::uint64_t>(to.call.result)));
}

using namespace words;  // NOLINT(google-build-using-namespace): what the table below is written in

constexpr Argument protection = flags<memory_protection>;
constexpr Argument ipc_key{print_ipc_key};
constexpr Argument ipc_flags_argument{print_ipc_flags};
constexpr Argument ipc_command{print_ipc_command};

constexpr Signature table[] = {
    {"brk", {address}, Returns::hexadecimal},
    {"mmap", {address, size, protection, flags<map_flags>, descriptor, hexadecimal}, Returns::hexadecimal},
    {"munmap", {address, size}},
    {"mprotect", {address, size, protection}},
    {"pkey_mprotect", {address, size, protection, number}},
    {"pkey_alloc", {hexadecimal, hexadecimal}},
    {"pkey_free", {number}},
    {"mremap", {address, size, size, flags<remap_flags>, {print_remap_address}}, Returns::hexadecimal},
    {"madvise", {address, size, value<memory_advice>}},
    {"process_madvise", {descriptor, address, size, value<memory_advice>, hexadecimal_32}},
    {"msync", {address, size, flags<sync_flags>}},
    {"mincore", {address, size, {print_residency, When::exit}}},
    {"mlock", {address, size}},
    {"mlock2", {address, size, flags<lock_flags>}},
    {"munlock", {address, size}},
    {"mlockall", {flags<lock_all_flags>}},
    {"munlockall", {}},
    {"remap_file_pages", {address, size, protection, size, flags<map_flags>}},
    {"mbind", {address, size, hexadecimal_32, address, size, hexadecimal_32}},
    {"set_mempolicy", {hexadecimal_32, address, size}},
    {"get_mempolicy", {address, address, size, address, hexadecimal}},
    {"migrate_pages", {process, size, address, address}},
    {"move_pages", {process, size, address, address, address, hexadecimal_32}},
    {"memfd_create", {string, flags<memfd_flags>}, Returns::descriptor},
    {"memfd_secret", {hexadecimal_32}, Returns::descriptor},
    {"membarrier", {value<membarrier_commands>, hexadecimal_32}, Returns::number, remark_membarrier},
    {"getrandom", {random_out, size, flags<random_flags>}},
    {"userfaultfd", {flags<open_flags>}, Returns::descriptor},
    {"process_mrelease", {descriptor, hexadecimal_32}},
    {"shmget", {ipc_key, size, ipc_flags_argument}},
    {"shmat", {number, address, flags<shm_attach_flags>}, Returns::hexadecimal},
    {"shmdt", {address}},
    {"shmctl", {number, ipc_command, address}},
    {"semget", {ipc_key, number, ipc_flags_argument}},
    {"semop", {number, address, unsigned_number}},
    {"semtimedop", {number, address, unsigned_number, address}},
    {"semctl", {number, number, ipc_command, hexadecimal}},
    {"msgget", {ipc_key, ipc_flags_argument}},
    {"msgsnd", {number, address, size, flags<ipc_flags>}},
    {"msgrcv", {number, address, size, long_number, flags<ipc_flags>}},
    {"msgctl", {number, ipc_command, address}},
};

}  // namespace

Signatures memory_calls() {
  return table;
}

}  // namespace cotrace::engines::syscall_log
