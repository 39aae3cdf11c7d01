#include "native/event_options.h"

#include <utility>

namespace cotrace::native {

void NativeEventOptions::pass_signals(std::vector<int> numbers) {
  client_.wants.pass = std::set<int>(numbers.begin(), numbers.end());
}

void NativeEventOptions::program_signals(std::vector<int> numbers) {
  client_.wants.program = std::set<int>(numbers.begin(), numbers.end());
}

void NativeEventOptions::thread_options(session::ThreadPattern who, unsigned options) {
  for (const auto& [pid, process] : client_.view.processes()) {
    if (who.pid && *who.pid != pid) continue;
    for (const auto& [tid, thread] : process->threads) {
      if (who.matches(thread->ref)) thread->options = options;
    }
  }
}

Result<> NativeEventOptions::catch_syscalls(Pid pid, std::optional<std::vector<std::uint64_t>> numbers) {
  const auto found = client_.process(pid);
  if (!found) return std::unexpected(found.error());
  Process& process = **found;
  const bool changed = process.catching.has_value() != numbers.has_value();
  process.catching = std::move(numbers);
  if (!changed) return {};
  for (const auto& [tid, thread] : process.threads) {
    // A thread that is dying has no system calls to catch.
    (void)client_.core.set_events(thread->task, client_.engine, events_for(process));
  }
  return {};
}

}  // namespace cotrace::native
