// Sets of calls that have a name: %file, %network.
#pragma once

#include <string_view>

namespace cotrace::engines::syscall_log {

[[nodiscard]] bool is_call_class(std::string_view name);  // without the percent sign
[[nodiscard]] bool in_call_class(std::string_view name, std::string_view call);

}  // namespace cotrace::engines::syscall_log
