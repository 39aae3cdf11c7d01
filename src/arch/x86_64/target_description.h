// The registers as XML for gdb (gdb manual, appendix "Target Descriptions").
#pragma once

#include <span>
#include <string>

#include "arch/x86_64/register_tables.h"

namespace cotrace::arch::x86_64 {

// A whole <target>. The rows of one feature stand together; gdb numbers registers in the order of the text.
std::string target_description(Mode mode, std::span<const RegisterRow> rows);

}  // namespace cotrace::arch::x86_64
