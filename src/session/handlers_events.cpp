// What is reported: QPassSignals, QProgramSignals, QCatchSyscalls, QThreadEvents, QThreadOptions.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "session/handlers.h"
#include "session/patterns.h"

namespace cotrace::session::handlers {

namespace {

std::vector<int> linux_signals(const Conversation& talk, const std::vector<rsp::GdbSignal>& signals) {
  // Asked from the side of Linux: gdb has numbers for signals of other systems too, and two (SIGIO, SIGPOLL)
  // for one of Linux's, which is reported under the first (gdb.base/sigall.exp).
  constexpr int last_signal = 64;
  std::vector<int> numbers;
  for (int number = 1; number <= last_signal; ++number) {
    if (std::ranges::find(signals, talk.features.signal_out(number)) != signals.end())
      numbers.push_back(number);
  }
  return numbers;
}

constexpr std::uint64_t known_thread_options = 3;  // clone, exit

}  // namespace

rsp::Reply pass_signals(Conversation& talk, const rsp::PassSignals& command) {
  talk.target.event_options()->pass_signals(linux_signals(talk, command.signals));
  return rsp::reply::Ok{};
}

rsp::Reply program_signals(Conversation& talk, const rsp::ProgramSignals& command) {
  talk.target.event_options()->program_signals(linux_signals(talk, command.signals));
  return rsp::reply::Ok{};
}

rsp::Reply catch_syscalls(Conversation& talk, const rsp::CatchSyscalls& command) {
  auto numbers = command.on ? std::optional(command.numbers) : std::nullopt;
  const auto done = talk.target.syscalls()->catch_syscalls(talk.subject().pid, std::move(numbers));
  return done ? rsp::Reply{rsp::reply::Ok{}} : failed(done.error());
}

rsp::Reply thread_events(Conversation& talk, const rsp::ThreadEvents& command) {
  talk.target.event_options()->thread_events(command.on);
  return rsp::reply::Ok{};
}

rsp::Reply thread_options(Conversation& talk, const rsp::ThreadOptions& command) {
  const auto unknown = [](const auto& item) { return (item.options & ~known_thread_options) != 0; };
  if (std::ranges::any_of(command.items, unknown)) return rsp::reply::Error{};
  // An item without a thread is for all that no other item names, wherever it stands; of the others the last
  // one that names a thread counts. Given to the target in this order, the later always overrides the
  // earlier.
  EventOptions& events = *talk.target.event_options();
  for (const bool defaults : {true, false}) {
    for (const auto& item : command.items) {
      if (item.who.has_value() == defaults) continue;
      const auto who = item.who ? pattern_of(*item.who) : ThreadPattern{};
      events.thread_options(who, static_cast<unsigned>(item.options));
    }
  }
  return rsp::reply::Ok{};
}

}  // namespace cotrace::session::handlers
