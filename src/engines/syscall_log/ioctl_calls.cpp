// ioctl(2): the request says what the argument is.
#include <asm/termbits.h>
#include <asm/termios.h>
#include <linux/fs.h>
#include <linux/ioctl.h>

#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/families.h"
#include "engines/syscall_log/flag_tables.h"
#include "engines/syscall_log/text.h"

namespace cotrace::engines::syscall_log {

namespace {

std::string direction_text(std::uint32_t request) {
  switch (_IOC_DIR(request)) {
    case _IOC_NONE:
      return "_IOC_NONE";
    case _IOC_READ:
      return "_IOC_READ";
    case _IOC_WRITE:
      return "_IOC_WRITE";
    default:
      return "_IOC_READ|_IOC_WRITE";
  }
}

// 0 without its prefix.
std::string short_hexadecimal(std::uint32_t value) {
  return value == 0 ? "0" : fmt::format("{:#x}", value);
}

void print_request(Printer& to, unsigned index) {
  const auto request = static_cast<std::uint32_t>(to.call.args[index]);
  if (const auto name = ioctl_commands.find(request); !name.empty()) return to.text(name);
  to.format("_IOC({}, {}, {}, {})", direction_text(request), short_hexadecimal(_IOC_TYPE(request)),
            short_hexadecimal(_IOC_NR(request)), short_hexadecimal(_IOC_SIZE(request)));
}

std::string window_text(Printer&, const winsize& size) {
  return fmt::format("{{ws_row={}, ws_col={}, ws_xpixel={}, ws_ypixel={}}}", size.ws_row, size.ws_col,
                     size.ws_xpixel, size.ws_ypixel);
}

std::string terminal_text(Printer& to, const termios& terminal) {
  const auto speed = terminal.c_cflag & CBAUD;
  std::string out = "{";
  if (to.style().abbreviate) {
    const auto name = terminal_speeds.find(speed);
    out += name.empty() ? fmt::format("{:#x}", speed) : std::string(name);
    for (const auto& [set, word] : {std::pair{(terminal.c_oflag & OPOST) != 0, "opost"},
                                    std::pair{(terminal.c_lflag & ISIG) != 0, "isig"},
                                    std::pair{(terminal.c_lflag & ICANON) != 0, "icanon"},
                                    std::pair{(terminal.c_lflag & ECHO) != 0, "echo"}})
      out += fmt::format(" {}{}", set ? "" : "-", word);
    return out + " ...}";
  }
  out += fmt::format("c_iflags={:#x}, c_oflags={:#x}, c_cflags={:#x}, c_lflags={:#x}, c_line={}, ",
                     terminal.c_iflag, terminal.c_oflag, terminal.c_cflag, terminal.c_lflag, terminal.c_line);
  const std::string_view control(reinterpret_cast<const char*>(terminal.c_cc), NCCS);
  return out + "c_cc=" + quoted_hexadecimal(control) + "}";
}

bool fills_in(std::uint64_t request) {
  switch (request) {
    case TCGETS:
    case TIOCGWINSZ:
    case TIOCGPGRP:
    case TIOCGSID:
    case TIOCGPTN:
    case TIOCOUTQ:
    case FIONREAD:
    case FIOQSIZE:
    case FIGETBSZ:
    case FS_IOC_GETFLAGS:
    case BLKGETSIZE64:
    case BLKSSZGET:
      return true;
    default:
      return false;
  }
}

void print_ioctl_argument(Printer& to, unsigned index) {
  const auto request = to.call.args[index - 1];
  if (fills_in(request) && print_unwritten(to, index)) return;
  switch (request) {
    case TCGETS:
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
      return print_object_in<termios, terminal_text>(to, index);
    case TIOCGWINSZ:
    case TIOCSWINSZ:
      return print_object_in<winsize, window_text>(to, index);
    case TIOCGPGRP:
    case TIOCSPGRP:
    case TIOCGSID:
    case TIOCGPTN:
    case TIOCSPTLCK:
    case TIOCOUTQ:
    case FIONREAD:
    case FIONBIO:
    case FIOASYNC:
    case FIGETBSZ:
      return print_number_at(to, index);
    case BLKGETSIZE64:
      return print_long_at(to, index);
    case FICLONE:
      return print_descriptor(to, index);
    case TCSBRK:
    case TCXONC:
    case TCFLSH:
    case TIOCSCTTY:
      return print_number(to, index);
    case TIOCEXCL:
    case TIOCNXCL:
    case TIOCNOTTY:
    case FIOCLEX:
    case FIONCLEX:
      return to.omit_rest();
    default:
      return print_hexadecimal(to, index);
  }
}

using namespace words;  // NOLINT(google-build-using-namespace): what the table below is written in

constexpr Signature table[] = {
    {"ioctl", {descriptor, {print_request}, {print_ioctl_argument, When::maybe}}},
};

}  // namespace

Signatures ioctl_calls() {
  return table;
}

}  // namespace cotrace::engines::syscall_log
