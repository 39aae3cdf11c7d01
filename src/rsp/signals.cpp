#include "rsp/signals.h"

#include <array>
#include <csignal>
#include <cstddef>

namespace cotrace::rsp {

namespace {

// By gdb's number. The order was compared with `info signals` of gdb 13.1.
constexpr std::array<std::string_view, 79> names = {
    "0",          "SIGHUP",  "SIGINT",    "SIGQUIT",  "SIGILL",     "SIGTRAP", "SIGABRT",   "SIGEMT",
    "SIGFPE",     "SIGKILL", "SIGBUS",    "SIGSEGV",  "SIGSYS",     "SIGPIPE", "SIGALRM",   "SIGTERM",
    "SIGURG",     "SIGSTOP", "SIGTSTP",   "SIGCONT",  "SIGCHLD",    "SIGTTIN", "SIGTTOU",   "SIGIO",
    "SIGXCPU",    "SIGXFSZ", "SIGVTALRM", "SIGPROF",  "SIGWINCH",   "SIGLOST", "SIGUSR1",   "SIGUSR2",
    "SIGPWR",     "SIGPOLL", "SIGWIND",   "SIGPHONE", "SIGWAITING", "SIGLWP",  "SIGDANGER", "SIGGRANT",
    "SIGRETRACT", "SIGMSG",  "SIGSOUND",  "SIGSAK",   "SIGPRIO",    "SIG33",   "SIG34",     "SIG35",
    "SIG36",      "SIG37",   "SIG38",     "SIG39",    "SIG40",      "SIG41",   "SIG42",     "SIG43",
    "SIG44",      "SIG45",   "SIG46",     "SIG47",    "SIG48",      "SIG49",   "SIG50",     "SIG51",
    "SIG52",      "SIG53",   "SIG54",     "SIG55",    "SIG56",      "SIG57",   "SIG58",     "SIG59",
    "SIG60",      "SIG61",   "SIG62",     "SIG63",    "SIGCANCEL",  "SIG32",   "SIG64"};

// Linux 1..31 (x86, ARM, RISC-V) to gdb's. SIGSTKFLT has no number of its own there.
constexpr std::array<int, 32> gdb_numbers = {
    0,   1,  2,  3,
    4,   5,  6,  10,  // 7 SIGBUS
    8,   9,  30, 11,
    31,  13, 14, 15,  // 10 SIGUSR1, 12 SIGUSR2
    143, 20, 19, 17,
    18,  21, 22, 16,  // 16 SIGSTKFLT, 17 SIGCHLD, 18 SIGCONT, 19 SIGSTOP, 20 SIGTSTP, 23 SIGURG
    24,  25, 26, 27,
    28,  23, 32, 12,  // 29 SIGIO, 30 SIGPWR, 31 SIGSYS
};

// Real-time signals lie in gdb's numbers as they were added over the years.
constexpr int linux_first_rt = 32;
constexpr int linux_last = 64;
constexpr int gdb_sig32 = 77;
constexpr int gdb_sig33 = 45;
constexpr int gdb_sig63 = 75;
constexpr int gdb_sig64 = 78;
constexpr int gdb_sigpoll = 33;

}  // namespace

GdbSignal signal_from_linux(int number) {
  if (number < 0 || number > linux_last) return gdb_signal::unknown;
  if (number < linux_first_rt) return GdbSignal{gdb_numbers[static_cast<std::size_t>(number)]};
  if (number == linux_first_rt) return GdbSignal{gdb_sig32};
  if (number == linux_last) return GdbSignal{gdb_sig64};
  return GdbSignal{number - 33 + gdb_sig33};
}

std::optional<int> signal_to_linux(GdbSignal signal) {
  if (signal == gdb_signal::none) return 0;
  if (signal.value == gdb_sigpoll) return SIGIO;  // the same number under Linux, two in gdb
  if (signal.value == gdb_sig32) return linux_first_rt;
  if (signal.value == gdb_sig64) return linux_last;
  if (signal.value >= gdb_sig33 && signal.value <= gdb_sig63) return signal.value - gdb_sig33 + 33;
  if (signal == gdb_signal::unknown) return std::nullopt;
  for (std::size_t i = 1; i < gdb_numbers.size(); ++i) {
    if (gdb_numbers[i] == signal.value) return static_cast<int>(i);
  }
  return std::nullopt;
}

std::string_view signal_name(GdbSignal signal) {
  const auto index = static_cast<std::size_t>(signal.value);
  return signal.value >= 0 && index < names.size() ? names[index] : "?";
}

}  // namespace cotrace::rsp
