#include "arch/x86_64/system_call.h"

#include <sys/mman.h>
#include <sys/syscall.h>

namespace cotrace::arch::x86_64 {

namespace {

// The kernel's table for 32-bit programs (its header for those cannot be included beside the other).
constexpr std::uint64_t mmap2_32 = 192, munmap_32 = 91;

constexpr std::uint64_t no_file = ~std::uint64_t{0};
constexpr std::uint64_t not_in_a_call = ~std::uint64_t{0};

}  // namespace

std::array<std::byte, 2> system_call_instruction(Mode mode) {
  return mode == Mode::bits64 ? std::array{std::byte{0x0f}, std::byte{0x05}}
                              : std::array{std::byte{0xcd}, std::byte{0x80}};
}

void prepare_call(Mode mode, GeneralRegs& regs, ForeignCall call, std::uint64_t first, std::uint64_t second) {
  const bool map = call == ForeignCall::map_anonymous;
  // A call that the task was stopped in must not be made anew by the kernel on this one's way out.
  regs.orig_rax = not_in_a_call;
  constexpr std::uint64_t flags = MAP_PRIVATE | MAP_ANONYMOUS;
  if (mode == Mode::bits64) {
    regs.rax = map ? SYS_mmap : SYS_munmap;
    regs.rdi = map ? 0 : first;
    regs.rsi = map ? first : second;
    regs.rdx = second;
    regs.r10 = flags;
    regs.r8 = no_file;
    regs.r9 = 0;
    return;
  }
  regs.rax = map ? mmap2_32 : munmap_32;
  regs.rbx = map ? 0 : first;
  regs.rcx = map ? first : second;
  regs.rdx = second;
  regs.rsi = flags;
  regs.rdi = no_file;
  regs.rbp = 0;
}

std::int64_t call_result(Mode mode, const GeneralRegs& regs) {
  if (mode == Mode::bits64) return static_cast<std::int64_t>(regs.rax);
  // Addresses of such a program go up to 4 GiB; only the last page of numbers is an error.
  constexpr std::uint32_t first_errno = 0xfffff001;
  const auto value = static_cast<std::uint32_t>(regs.rax);
  return value >= first_errno ? static_cast<std::int32_t>(value) : static_cast<std::int64_t>(value);
}

}  // namespace cotrace::arch::x86_64
