// What the parts of one NativeTarget share.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>

#include <cotrace/engine.h>
#include <cotrace/error.h>

#include "base/reactor.h"
#include "native/native_target.h"
#include "native/registers_access.h"
#include "native/view.h"
#include "trace/core.h"

namespace cotrace::native {

// The client's wishes on signals and events (QPassSignals, QProgramSignals, qSupported, QThreadEvents).
struct Preferences {
  session::EventOptions::Events events;
  std::set<int> pass;                    // delivered without a stop
  std::optional<std::set<int>> program;  // may be delivered at detach; nothing: all
  bool thread_events{false};
};

// One per NativeTarget, and the first of its parts to be made and the last to go: all others refer to it.
// Belongs to the reactor's thread, like everything here.
struct Client {
  Client(trace::Core& the_core, base::Reactor& the_reactor, Engine& the_engine, TargetOptions the_options)
      : core(the_core), reactor(the_reactor), engine(the_engine), options(std::move(the_options)) {}

  trace::Core& core;
  base::Reactor& reactor;
  Engine& engine;
  TargetOptions options;
  const RegisterTables tables;
  const RegisterAccess registers{tables, core};
  View view;
  Preferences wants;
  // nullptr while no session is there: before the first client, and between two of gdbserver's. What is
  // reported then is told to nobody, but the view remembers what stands and why.
  session::StopListener* listener{nullptr};

  // Runs `work` after what is running now, unless the client is gone by then.
  template <class Work>
  void later(Work work) {
    reactor.defer([token = std::weak_ptr<int>(alive_), work = std::move(work)]() mutable {
      if (!token.expired()) work();
    });
  }
  // The same work, to be called by others: nothing if the client is gone by then.
  template <class Work>
  [[nodiscard]] auto guarded(Work work) {
    return [token = std::weak_ptr<int>(alive_), work = std::move(work)]() mutable {
      if (!token.expired()) work();
    };
  }

  // The thread, if the client may do things to it now: it stands in the client's view.
  Result<Thread*> standing(session::ThreadRef ref) const {
    Thread* thread = view.thread(ref);
    if (thread == nullptr) return fail(Errc::no_such_process, "no such thread");
    if (!thread->stopped) return fail(Errc::not_stopped, "the thread is running");
    return thread;
  }
  // A task in whose memory the thread's process lives. Any living thread will do: the one asked for may have
  // just ended.
  Result<TaskId> memory_of(session::ThreadRef ref) const {
    if (const Thread* thread = view.thread(ref); thread != nullptr) return thread->task;
    const Process* process = view.process(ref.pid);
    const Thread* any = process == nullptr ? nullptr : View::any_thread(*process);
    if (any == nullptr) return fail(Errc::no_such_process, "no such process");
    return any->task;
  }
  Result<Process*> process(Pid pid) const {
    Process* found = view.process(pid);
    if (found == nullptr) return fail(Errc::no_such_process, "no such process, or not one of this client's");
    return found;
  }

 private:
  // Deferred work outlives a target that is destroyed first, since the reactor keeps it; it looks here.
  std::shared_ptr<int> alive_{std::make_shared<int>(0)};
};

// The events a thread of this process is to report: system calls only where somebody catches them, since each
// stops the task.
EventMask events_for(const Process& process);

}  // namespace cotrace::native
