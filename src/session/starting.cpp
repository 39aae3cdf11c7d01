#include "session/starting.h"

#include <csignal>
#include <utility>

namespace cotrace::session {

StopReport first_stop(ThreadRef thread) {
  return {thread, stop::Signal{SIGTRAP}};
}

bool may_start(Conversation& talk) {
  return talk.target.processes()->list().empty() || (talk.extended && talk.features.multiprocess);
}

Processes::Done when_launched(Conversation& talk) {
  return [later = Deferred(talk)](Result<ThreadRef> thread) mutable {
    Conversation* still = later.conversation();
    if (still == nullptr) return;
    if (!thread) return later.answer(explained(thread.error()));
    const rsp::Reply reply = still->tell(first_stop(*thread));
    // In non-stop too: gdb 13 asks at once which thread is the new one.
    still->general = *thread;
    later.answer(reply);
  };
}

Processes::Done when_attached(Conversation& talk) {
  return [later = Deferred(talk)](Result<ThreadRef> thread) mutable {
    Conversation* still = later.conversation();
    if (still == nullptr) return;
    if (!thread) return later.answer(explained(thread.error()));
    StopReport first = first_stop(*thread);
    // A signal that was on its way when we attached (gdb.threads/attach-into-signal.exp).
    if (auto why = still->target.take_standing(*thread)) first.reason = std::move(*why);
    later.answer(still->mode->attached(first));
  };
}

}  // namespace cotrace::session
