// The tables of calls, one file a family. To teach the log a call, add a line to the table that it belongs
// into.
#pragma once

#include "engines/syscall_log/printer.h"

namespace cotrace::engines::syscall_log {

Signatures file_calls();
Signatures descriptor_calls();
Signatures ioctl_calls();
Signatures memory_calls();
Signatures process_calls();
Signatures identity_calls();
Signatures signal_calls();
Signatures time_calls();
Signatures poll_calls();
Signatures network_calls();
Signatures futex_calls();
Signatures system_calls();
// Calls that nobody looks at much: their arguments are numbers.
Signatures plain_calls();

}  // namespace cotrace::engines::syscall_log
