// What the kernel tells of files and file systems.
#pragma once

#include <string>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "engines/syscall_log/printer.h"

namespace cotrace::engines::syscall_log {

std::string stat_text(Printer& to, const struct stat& file);
std::string statx_text(Printer& to, const struct statx& file);
std::string statfs_text(Printer& to, const struct statfs& system);

}  // namespace cotrace::engines::syscall_log
