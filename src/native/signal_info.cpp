#include "native/signal_info.h"

#include <cstdint>
#include <cstring>

namespace cotrace::native {

using arch::native::Mode;

namespace {

// Offsets of the kernel's union members. Behind the three leading ints the 64-bit layout has four bytes of
// padding, since its union holds pointers; the 32-bit one has not.
constexpr std::size_t union32 = 12;
constexpr std::size_t union64 = 16;

// One field of the union: where, and how wide, in both layouts. Pointers and clock_t differ in width.
struct Field {
  std::size_t at32, size32, at64, size64;
};

constexpr Field pid_field{0, 4, 0, 4};
constexpr Field uid_field{4, 4, 4, 4};
constexpr Field value_field{8, 4, 8, 8};    // sigval
constexpr Field address_field{0, 4, 0, 8};  // si_addr
constexpr Field status_field{8, 4, 8, 4};   // SIGCHLD
constexpr Field utime_field{12, 4, 16, 8};
constexpr Field stime_field{16, 4, 24, 8};
constexpr Field band_field{0, 4, 0, 8};  // SIGPOLL
constexpr Field poll_fd_field{4, 4, 8, 4};
constexpr Field call_field{0, 4, 0, 8};  // SIGSYS: address of the call
constexpr Field number_field{4, 4, 8, 4};
constexpr Field arch_field{8, 4, 12, 4};

// Which union member is in use. By code and then by signal, as the kernel decides it.
std::span<const Field> fields_of(int signal, int code) {
  static constexpr Field sent[] = {pid_field, uid_field,
                                   value_field};  // kill, sigqueue, timers (id, overrun, value)
  static constexpr Field child[] = {pid_field, uid_field, status_field, utime_field, stime_field};
  static constexpr Field fault[] = {address_field};
  static constexpr Field poll[] = {band_field, poll_fd_field};
  static constexpr Field call[] = {call_field, number_field, arch_field};
  if (code <= 0) return sent;
  switch (signal) {
    case SIGCHLD:
      return child;
    case SIGILL:
    case SIGFPE:
    case SIGSEGV:
    case SIGBUS:
    case SIGTRAP:
      return fault;
    case SIGPOLL:
      return poll;
    case SIGSYS:
      return call;
    default:
      return sent;
  }
}

}  // namespace

std::vector<std::byte> to_32bit(const SigInfo& info) {
  std::vector<std::byte> out(sizeof info);
  const auto* raw = reinterpret_cast<const std::byte*>(&info);
  std::memcpy(out.data(), raw, union32);
  for (const Field& field : fields_of(info.si_signo, info.si_code)) {
    std::memcpy(out.data() + union32 + field.at32, raw + union64 + field.at64, field.size32);
  }
  return out;
}

SigInfo from_32bit(std::span<const std::byte> bytes) {
  SigInfo info{};
  auto* raw = reinterpret_cast<std::byte*>(&info);
  std::memcpy(raw, bytes.data(), union32);
  for (const Field& field : fields_of(info.si_signo, info.si_code)) {
    std::memcpy(raw + union64 + field.at64, bytes.data() + union32 + field.at32, field.size32);
  }
  return info;
}

Result<std::vector<std::byte>> NativeSignalInfo::read(session::ThreadRef ref) {
  const auto thread = client_.standing(ref);
  if (!thread) return std::unexpected(thread.error());
  const auto info = client_.core.siginfo((*thread)->task);
  if (!info) return std::unexpected(info.error());
  if (client_.registers.mode((*thread)->task) == Mode::bits32) return to_32bit(*info);
  const auto* raw = reinterpret_cast<const std::byte*>(&*info);
  return std::vector<std::byte>(raw, raw + sizeof *info);
}

Result<> NativeSignalInfo::write(session::ThreadRef ref, std::span<const std::byte> bytes) {
  const auto thread = client_.standing(ref);
  if (!thread) return std::unexpected(thread.error());
  SigInfo info{};
  if (bytes.size() != sizeof info) return fail(Errc::invalid, "a siginfo has 128 bytes");
  if (client_.registers.mode((*thread)->task) == Mode::bits32) {
    info = from_32bit(bytes);
  } else {
    std::memcpy(&info, bytes.data(), sizeof info);
  }
  if (auto written = client_.core.set_siginfo((*thread)->task, info); !written) return written;
  if ((*thread)->signal) (*thread)->signal = info;
  return {};
}

}  // namespace cotrace::native
