#include "trace/ptrace_options.h"

#include <sys/ptrace.h>

namespace cotrace::trace {

std::uint32_t base_options() {
  return PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
         PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXEC;
}

std::uint32_t options_for(const Task& task) {
  std::uint32_t options = base_options();
  if (task.dies_with_us) options |= PTRACE_O_EXITKILL;
  // A group of several threads is where a leader can exit before the others. No status comes then, and
  // whoever waits for it to stop waits for ever; PTRACE_EVENT_EXIT tells. Only the leader needs it.
  const bool leader_of_threads = task.group->threaded && task.id.tid == leader_of(task.group->pid);
  if (leader_of_threads || task.wants(EventKind::exiting)) options |= PTRACE_O_TRACEEXIT;
  return options;
}

void refresh_options(Task& task) {
  if (!task.stopped) return;
  const auto wanted = options_for(task);
  if (wanted == task.options) return;
  if (task.stopped->set_options(wanted)) task.options = wanted;
}

}  // namespace cotrace::trace
