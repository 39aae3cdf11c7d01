// New tasks that have stopped without anybody having told of their birth. Most often the creator's clone
// event is on its way. Sometimes it never comes: the creator was killed in between, or another thread's exec
// has ended it; or the task was made with CLONE_PTRACE and CLONE_UNTRACED, which attaches it to us and sends
// no event.
#pragma once

#include "trace/world.h"

namespace cotrace::trace {

// A status of a task that is not known. If nobody tells of it soon, it is taken in without a creator.
void note_early(World& world, Tid tid, int status);

// Takes in those whose creator's event cannot come any more: every task that may have made it has been seen
// elsewhere since. Asks the others to stop, so that they are. A task taken in too early would be told of
// twice, or waited for without end (TargetRun.NoThreadIsHaltedInTheMiddleOfACloneCall).
void look_at_early(World& world);

// The last task has left this memory. A copy of it may be on its way in a child that is still to stop, with
// the breakpoints in it.
void keep_sites(World& world, AddressSpace& space);

}  // namespace cotrace::trace
