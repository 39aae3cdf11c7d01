// Reading the small text files of /proc whole, and taking them apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/ids.h>

namespace cotrace::sys {

// The whole of /proc/TID/NAME. gone where the task is not there (any more).
Result<std::string> read_proc(Tid tid, std::string_view name);
// The whole of any small file; errors as of errno.
Result<std::string> read_file(const std::string& path);
// What the symbolic link /proc/TID/NAME says. not_found: the task is there, the link is not (kernel threads
// have no exe).
Result<std::string> read_proc_link(Tid tid, std::string_view name);

// The following take text apart that the kernel has written; they are lenient and return what is there.

// The value of "KEY:\tvalue" in a status file, without blanks around it; empty if there is none.
std::string_view status_value(std::string_view status, std::string_view key);
// The words of a line, split at blanks and tabs.
std::vector<std::string_view> words_of(std::string_view line);
// Field `number` of a stat file as proc(5) counts them, 3 or more: those after the name, which may itself
// contain blanks and parentheses.
std::optional<std::string_view> stat_field(std::string_view stat, std::size_t number);

// The number that `text` begins with; 0 without one. Meant for the kernel's own output, where anything else
// does not come.
std::uint64_t decimal(std::string_view text);
std::uint64_t hexadecimal(std::string_view text);

}  // namespace cotrace::sys
