// An engine: one party that traces. A debugger session, a system-call log, a crash catcher, yours.
#pragma once

#include <cotrace/event.h>
#include <cotrace/ids.h>

namespace cotrace {

class Engine {
 public:
  virtual ~Engine() = default;

  // Something happened to a task that this engine is attached to. Called on the tracer's thread, one call at
  // a time. Must not block: to think for longer, return ResumeAction::stop and call Tracer::control later.
  // Any Tracer call may be made from within, detaching included. After Tracer::detach has returned no call
  // comes.
  virtual Verdict on_event(TaskId task, const Event& event) = 0;
};

}  // namespace cotrace
