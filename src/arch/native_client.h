// What only the clients' side needs of the processor that native tracing is built for; beside native.h.
#pragma once

#include "arch/native.h"
#include "arch/x86_64/lldb_description.h"
#include "arch/x86_64/system_call.h"
