// Whether two tasks share something, asked of the kernel itself.
#pragma once

#include <cotrace/error.h>
#include <cotrace/ids.h>

namespace cotrace::sys {

// Whether two tasks have one address space (kcmp(2), KCMP_VM). The caller must be allowed to trace both. A
// task that is dead, or past the release of its memory on its way out, shares with nobody alive; two such
// count as sharing. Errors: gone, not_permitted, unsupported (a kernel without CONFIG_KCMP).
Result<bool> share_memory(Tid a, Tid b);

}  // namespace cotrace::sys
