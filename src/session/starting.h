// What vRun, vAttach and lldb's packets of the same kind have in common.
#pragma once

#include "session/state.h"

namespace cotrace::session {

// The first stop of a process. gdbserver calls it a SIGTRAP, launched or attached to, and gdb takes it for no
// news.
StopReport first_stop(ThreadRef thread);
// A further process only for a client that can tell processes apart, and that stays when one has ended.
bool may_start(Conversation& talk);

// These answer the packet in hand when the process is there, or could not be had.
Processes::Done when_launched(Conversation& talk);
Processes::Done when_attached(Conversation& talk);

}  // namespace cotrace::session
