#include "linux/clone_flags.h"

#include <array>
#include <cstring>
#include <sched.h>

#include "arch/native.h"

namespace cotrace::sys {

namespace {

// System-call numbers of both tables (arch/x86/entry/syscalls in the kernel's tree). The two share no number
// among these but clone3's, so the number tells the table; unistd.h has only the one it is compiled for.
namespace nr64 {
constexpr std::uint64_t clone = 56, fork = 57, vfork = 58;
}
namespace nr32 {
constexpr std::uint64_t fork = 2, clone = 120, vfork = 190;
}
constexpr std::uint64_t nr_clone3 = 435;
// Set in the number by x32 programs: 64-bit registers, 32-bit pointers, the 64-bit table.
constexpr std::uint64_t x32_bit = 0x40000000;

constexpr std::uint64_t exit_signal_mask = 0xff;  // CSIGNAL
constexpr std::uint64_t vfork_flags = CLONE_VM | CLONE_VFORK;

// Whether the call came by the 32-bit door. A 64-bit program may use it, too, with `int $0x80`; then only the
// instruction behind it tells.
bool by_32_bit_table(const GeneralRegs& regs, const ReadTaskMemory& read) {
  if (arch::native::mode_of(regs) == arch::native::Mode::bits32) return true;
  constexpr std::array<std::byte, 2> int80{std::byte{0xcd}, std::byte{0x80}};
  std::array<std::byte, 2> instruction{};
  const auto got = read(Addr{regs.rip} - instruction.size(), instruction);
  return got && *got == instruction.size() && instruction == int80;
}

// struct clone_args begins with the 64-bit flags in both tables.
std::optional<std::uint64_t> clone3_flags(const GeneralRegs& regs, const ReadTaskMemory& read) {
  const Addr args{by_32_bit_table(regs, read) ? regs.rbx & 0xffffffffU : regs.rdi};
  std::array<std::byte, sizeof(std::uint64_t)> bytes{};
  const auto got = read(args, bytes);
  if (!got || *got != bytes.size()) return std::nullopt;
  std::uint64_t flags = 0;
  std::memcpy(&flags, bytes.data(), sizeof flags);
  return flags;
}

}  // namespace

std::optional<std::uint64_t> clone_flags(const GeneralRegs& regs, const ReadTaskMemory& read) {
  switch (regs.orig_rax & ~x32_bit) {
    case nr64::clone:
      return (regs.rdi & 0xffffffffU) & ~exit_signal_mask;
    case nr32::clone:
      return (regs.rbx & 0xffffffffU) & ~exit_signal_mask;
    case nr64::fork:
    case nr32::fork:
      return 0;
    case nr64::vfork:
    case nr32::vfork:
      return vfork_flags;
    case nr_clone3:
      return clone3_flags(regs, read);
    default:
      return std::nullopt;
  }
}

CloneKind clone_kind(std::uint64_t flags) {
  if ((flags & CLONE_THREAD) != 0) return CloneKind::thread;
  if ((flags & vfork_flags) == vfork_flags) return CloneKind::vfork;
  if ((flags & CLONE_VM) != 0) return CloneKind::shared_memory;
  // CLONE_VFORK without CLONE_VM: the creator waits, but nothing is lent.
  return CloneKind::fork;
}

}  // namespace cotrace::sys
