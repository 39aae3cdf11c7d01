// Times as the kernel has them in memory.
#pragma once

#include <ctime>
#include <string>
#include <sys/time.h>
#include <sys/timex.h>

#include "engines/syscall_log/arguments.h"

namespace cotrace::engines::syscall_log {

std::string timespec_text(Printer& to, const timespec& time);  // {tv_sec=1, tv_nsec=2}
std::string timeval_text(Printer& to, const timeval& time);
std::string itimerspec_text(Printer& to, const itimerspec& timer);
std::string itimerval_text(Printer& to, const itimerval& timer);
// {...}, NULL, or the address.
std::string timespec_at(Printer& to, std::uint64_t address);
// "1795305149 /* 2026-11-21T23:52:29.316225165+0000 */"
std::string dated_text(std::int64_t seconds, std::uint64_t nanoseconds);
// "12 /* 0.12 s */", of what times(2) and siginfo count in
std::string clock_ticks_text(std::int64_t ticks);

namespace words {
inline constexpr Argument timespec_in = object_in<timespec, timespec_text>;
inline constexpr Argument timespec_out = object_out<timespec, timespec_text>;
inline constexpr Argument timeval_in = object_in<timeval, timeval_text>;
inline constexpr Argument timeval_out = object_out<timeval, timeval_text>;
}  // namespace words

}  // namespace cotrace::engines::syscall_log
