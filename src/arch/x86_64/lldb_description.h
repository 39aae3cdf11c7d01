// The registers as lldb wants them described.
#pragma once

#include <string>

#include "arch/x86_64/registers.h"

namespace cotrace::arch::x86_64 {

// gdb puts zmm0 together from what it knows to be its parts. lldb 19 does so for ymm0 to ymm15 alone; for the
// others it is told, in attributes of its own (LLDB's gdbremote document, "target.xml"). The numbers of all
// other registers, and what `g` and `G` hold, are the same for both: what is made of others has no value of
// its own on the wire.
std::string lldb_description(const RegisterLayout& layout);

}  // namespace cotrace::arch::x86_64
