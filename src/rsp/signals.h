// Signal numbers of the protocol and of Linux.
#pragma once

#include <optional>
#include <string_view>

#include <cotrace/ids.h>

namespace cotrace::rsp {

// A signal as gdb numbers it on the wire, whatever the target's own numbers are (SIGUSR1 is 30, SIGCHLD 20
// ...).
using GdbSignal = StrongId<struct GdbSignalTag, int>;

namespace gdb_signal {
inline constexpr GdbSignal none{0};
inline constexpr GdbSignal interrupt{2};
inline constexpr GdbSignal trap{5};
inline constexpr GdbSignal unknown{143};  // a signal that gdb has no number for: SIGSTKFLT
}  // namespace gdb_signal

// Linux signal 0..64 to gdb's number; 0 is 0. Numbers out of range and SIGSTKFLT are `unknown`.
GdbSignal signal_from_linux(int number);
// Nothing for signals that Linux has not (SIGEMT, SIGLOST, SIGRT65 ...) and for numbers that gdb has not.
std::optional<int> signal_to_linux(GdbSignal signal);
// "SIGUSR1", "SIG34" for a real-time one (gdb's names); of a number without a name, "?".
std::string_view signal_name(GdbSignal signal);

}  // namespace cotrace::rsp
