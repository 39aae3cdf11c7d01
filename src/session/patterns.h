// Thread ids as sets of threads.
#pragma once

#include "rsp/thread_id.h"
#include "session/target.h"

namespace cotrace::session {

// "Any" is taken as "all": no client sends it where a set is meant. An id without a process part is a thread
// id alone; those are unique on Linux.
inline ThreadPattern pattern_of(const rsp::ThreadId& id) {
  ThreadPattern pattern;
  if (id.process && id.process->kind == rsp::Selector<Pid>::Kind::one) pattern.pid = id.process->id;
  if (id.thread.kind == rsp::Selector<Tid>::Kind::one) pattern.tid = id.thread.id;
  return pattern;
}

}  // namespace cotrace::session
