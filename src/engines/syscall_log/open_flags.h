// The flags of open(2), whose lowest two bits are a number.
#pragma once

#include <cstdint>
#include <string>

#include "engines/syscall_log/printer.h"

namespace cotrace::engines::syscall_log {

std::string open_flags_text(std::uint32_t flags);
void print_open_flags(Printer& to, unsigned index);
// The argument before it is the flags; only what may make a file has a mode.
void print_open_mode(Printer& to, unsigned index);

}  // namespace cotrace::engines::syscall_log
