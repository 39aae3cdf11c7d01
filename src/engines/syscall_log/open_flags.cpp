#include "engines/syscall_log/open_flags.h"

#include <array>
#include <fcntl.h>

#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/flag_tables.h"

namespace cotrace::engines::syscall_log {

std::string open_flags_text(std::uint32_t flags) {
  constexpr std::array<std::string_view, 4> modes{"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};
  return std::string(modes[flags & O_ACCMODE]) +
         more_flags_text(open_flags, flags & ~std::uint32_t{O_ACCMODE});
}

void print_open_flags(Printer& to, unsigned index) {
  to.text(open_flags_text(static_cast<std::uint32_t>(to.call.args[index])));
}

void print_open_mode(Printer& to, unsigned index) {
  const auto flags = to.call.args[index - 1];
  if ((flags & O_CREAT) == 0 && (flags & O_TMPFILE) != O_TMPFILE) return to.omit_rest();
  print_mode(to, index);
}

}  // namespace cotrace::engines::syscall_log
