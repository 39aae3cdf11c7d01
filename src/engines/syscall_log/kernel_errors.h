// Results of calls that did not succeed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cotrace::engines::syscall_log {

// The kernel's own codes for a call that a signal has interrupted. The program does not see them: the call is
// begun anew or answers EINTR, as the program has arranged.
bool is_restart(std::int64_t result);
// "-1 ENOENT (No such file or directory)", "? ERESTARTSYS (To be restarted ...)", for a result < 0.
std::string error_text(std::int64_t result);

}  // namespace cotrace::engines::syscall_log
