// The processor that native tracing is built for: one alias, the only place to change for another one.
#pragma once

#include "arch/x86_64/debug_registers.h"
#include "arch/x86_64/instruction.h"
#include "arch/x86_64/registers.h"

namespace cotrace::arch {
namespace native = x86_64;
}  // namespace cotrace::arch
