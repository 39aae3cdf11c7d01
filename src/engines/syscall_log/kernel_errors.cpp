#include "engines/syscall_log/kernel_errors.h"

#include <cstring>
#include <fmt/format.h>

namespace cotrace::engines::syscall_log {

namespace {

// <linux/errno.h> has them for the kernel alone.
constexpr std::int64_t restart_sys = 512;
constexpr std::int64_t restart_no_interrupt = 513;
constexpr std::int64_t restart_no_handler = 514;
constexpr std::int64_t restart_block = 516;

std::string_view restart_text(std::int64_t error) {
  switch (error) {
    case restart_sys:
      return "ERESTARTSYS (To be restarted if SA_RESTART is set)";
    case restart_no_interrupt:
      return "ERESTARTNOINTR (To be restarted)";
    case restart_no_handler:
      return "ERESTARTNOHAND (To be restarted if no handler)";
    case restart_block:
      return "ERESTART_RESTARTBLOCK (Interrupted by signal)";
    default:
      return "";
  }
}

}  // namespace

bool is_restart(std::int64_t result) {
  return !restart_text(-result).empty();
}

std::string error_text(std::int64_t result) {
  const auto error = -result;
  if (const auto text = restart_text(error); !text.empty()) return fmt::format("? {}", text);
  const char* name = ::strerrorname_np(static_cast<int>(error));
  if (name == nullptr) return fmt::format("-1 (errno {})", error);
  return fmt::format("-1 {} ({})", name, ::strerrordesc_np(static_cast<int>(error)));
}

}  // namespace cotrace::engines::syscall_log
