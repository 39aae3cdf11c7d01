// An engine: one party that traces. A debugger session, a system-call log, a crash catcher, yours.
//
// An engine is attached to tasks (Tracer::launch, Tracer::attach), with an EventMask for each, and answers
// every event with a Verdict. The model is that of the kernel's former utrace interface.
#pragma once

#include <string>

#include <cotrace/event.h>
#include <cotrace/ids.h>

namespace cotrace {

// The object is its user's: it must live until its last attachment has ended (a detach has returned, or the
// tracer is gone). Its address is its identity.
class Engine {
 public:
  virtual ~Engine() = default;

  // What people call it: in lists of who holds what, and in HoldChanged. Any text, the same all the time;
  // called on the tracer's thread.
  virtual std::string name() const { return "engine"; }

  // Something happened to a task that this engine is attached to. Called on the tracer's thread, one call at
  // a time. Must not block: to think for longer, return ResumeAction::stop and call Tracer::control later.
  // Any Tracer call but the tracer's end may be made from within, detaching included. After Tracer::detach
  // has returned no call comes. One that throws is detached from the task; the other engines go on.
  //
  // The task stands during the call, and its registers can be read, but for Died and Reaped: by then there is
  // only the id. `event` is good during the call.
  virtual Verdict on_event(TaskId task, const Event& event) = 0;
};

}  // namespace cotrace
