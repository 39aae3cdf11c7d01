// What the kernel tells of processes: limits, times, how they have ended.
#pragma once

#include <string>
#include <sys/resource.h>

#include "engines/syscall_log/printer.h"

namespace cotrace::engines::syscall_log {

std::string rusage_text(Printer& to, const rusage& usage);
std::string rlimit_text(Printer& to, const rlimit& limit);    // RLIM_INFINITY
std::string rlimit64_text(Printer& to, const rlimit& limit);  // RLIM64_INFINITY
std::string wait_status_text(int status);                     // {WIFEXITED(s) && WEXITSTATUS(s) == 0}

}  // namespace cotrace::engines::syscall_log
