// Signals, sets of them, and what is known of one.
#pragma once

#include <cstdint>
#include <string>

#include <cotrace/event.h>

#include "engines/syscall_log/printer.h"

namespace cotrace::engines::syscall_log {

std::string signal_text(int signal);             // "SIGCHLD", "SIGRT_1", or the number
std::string signal_set_text(std::uint64_t set);  // [INT CHLD], ~[KILL]
std::string siginfo_text(const SigInfo& info);
// The number of a signal that has this name, with or without SIG; 0: none has.
int signal_named(std::string_view name);

void print_signal(Printer& to, unsigned index);
void print_signal_set_in(Printer& to, unsigned index);  // of eight bytes
void print_signal_set_out(Printer& to, unsigned index);
void print_siginfo_in(Printer& to, unsigned index);
void print_siginfo_out(Printer& to, unsigned index);

namespace words {
inline constexpr Argument signal_number{print_signal};
inline constexpr Argument signal_set_in{print_signal_set_in};
inline constexpr Argument signal_set_out{print_signal_set_out, When::exit};
inline constexpr Argument siginfo_in{print_siginfo_in};
inline constexpr Argument siginfo_out{print_siginfo_out, When::exit};
}  // namespace words

}  // namespace cotrace::engines::syscall_log
