// The flags of open(2), whose lowest two bits are a number.
#pragma once

#include <cstdint>
#include <string>

namespace cotrace::engines::syscall_log {

std::string open_flags_text(std::uint32_t flags);

}  // namespace cotrace::engines::syscall_log
