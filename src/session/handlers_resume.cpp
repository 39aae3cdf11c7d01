// vCont, c, s, C, S, ?, vCtrlC, vStopped.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/overloaded.h"
#include "session/handlers.h"
#include "session/patterns.h"
#include "session/pc_register.h"

namespace cotrace::session::handlers {

namespace {

using base::Overloaded;

using Action = decltype(ThreadAction::what);

// Nothing: a signal that Linux has not.
std::optional<Action> action_of(const Features& features,
                                const decltype(rsp::ResumeThreads::Item::action)& action) {
  using Result = std::optional<Action>;
  return std::visit(Overloaded{[&](const rsp::ResumeThreads::Go& go) -> Result {
                                 const auto signal = features.signal_in(go.signal);
                                 if (!signal) return std::nullopt;
                                 return act::Continue{*signal};
                               },
                               [&](const rsp::ResumeThreads::Step& step) -> Result {
                                 const auto signal = features.signal_in(step.signal);
                                 if (!signal) return std::nullopt;
                                 return act::Step{*signal};
                               },
                               [](const rsp::ResumeThreads::RangeStep& range) -> Result {
                                 return act::RangeStep{range.start, range.end};
                               },
                               [](const rsp::ResumeThreads::Stop&) -> Result { return act::Stop{}; }},
                    action);
}

// A client without multiprocess names threads alone; most likely it means the process in hand.
ThreadPattern named(Conversation& talk, const rsp::ThreadId& id) {
  ThreadPattern who = pattern_of(id);
  if (!who.pid && who.tid && talk.general && talk.target.alive({talk.general->pid, *who.tid})) {
    who.pid = talk.general->pid;
  }
  return who;
}

Result<> set_pc(Target& target, ThreadRef thread, Addr pc) {
  const auto set = target.register_set(thread);
  if (!set) return std::unexpected(set.error());
  const auto number = pc_register(*set);
  if (!number) return fail(Errc::not_found, "The target has no program counter.");
  static_assert(std::endian::native == std::endian::little);
  std::array<std::byte, sizeof pc.value> bytes;
  std::memcpy(bytes.data(), &pc.value, bytes.size());
  const auto& field = set->fields[static_cast<std::size_t>(*number)];
  const std::size_t size = std::min<std::size_t>(field.bits / 8U, bytes.size());
  return target.write_register(thread, *number, std::span(bytes).first(size));
}

// c, s, C, S: the thread of Hc, or the selected one; the other threads run along unless Hc has named a
// thread.
rsp::Reply resume_one(Conversation& talk, bool stepping, rsp::GdbSignal gdb_signal,
                      std::optional<Addr> from) {
  const ThreadRef thread = talk.to_resume.value_or(talk.subject());
  const auto signal = talk.features.signal_in(gdb_signal);
  if (!signal || !talk.target.alive(thread)) return rsp::reply::Error{};
  if (from) {
    if (!talk.target.stopped(thread)) return rsp::reply::Error{};
    if (const auto done = set_pc(talk.target, thread, *from); !done) return failed(done.error());
  }
  std::vector<ThreadAction> actions;
  if (stepping || *signal != 0 || talk.to_resume) {
    const Action action = stepping ? Action{act::Step{*signal}} : Action{act::Continue{*signal}};
    actions.push_back({{thread.pid, thread.tid}, action});
  }
  if (!talk.to_resume) actions.push_back({{}, act::Continue{}});
  rsp::Reply reply = talk.mode->resume(std::move(actions));
  // gdb 13 in non-stop reads no answer to these; it would take an OK for the end of its vStopped sequence and
  // forget the stops that are still queued.
  if (talk.non_stop) return rsp::reply::Later{};
  return reply;
}

}  // namespace

rsp::Reply halt_reason(Conversation& talk, const rsp::HaltReason&) {
  return talk.mode->halt_reason();
}

rsp::Reply resume_supported(Conversation& talk, const rsp::ResumeSupported&) {
  // gdb 13 does not use vCont at all unless c, C, s and S are all there.
  const bool steps = !talk.options.disabled_packets.contains("vConts");
  return rsp::reply::Payload{steps ? "vCont;c;C;t;s;S;r" : "vCont;c;C;t"};
}

rsp::Reply resume_threads(Conversation& talk, const rsp::ResumeThreads& command) {
  // The selected process may be gone while others are there, or while its end is still to be told.
  if (!talk.current_process() && talk.untold.empty() && talk.target.threads().empty() && !talk.any_dying()) {
    // gdb 13 over the non-stop protocol asks threads to stop whose process may just have ended; an error to
    // that aborts what it is about (gdb.multi/multi-exit.exp).
    return talk.non_stop ? rsp::Reply{rsp::reply::Ok{}} : rsp::reply::Error{};
  }
  // All of it is checked before anything runs.
  std::vector<ThreadAction> actions;
  actions.reserve(command.items.size());
  for (const auto& item : command.items) {
    auto action = action_of(talk.features, item.action);
    if (!action) return rsp::reply::Error{};
    actions.push_back({item.who ? named(talk, *item.who) : ThreadPattern{}, *action});
  }
  return talk.mode->resume(std::move(actions));
}

rsp::Reply go(Conversation& talk, const rsp::Continue& command) {
  return resume_one(talk, false, rsp::gdb_signal::none, command.from);
}

rsp::Reply go_with_signal(Conversation& talk, const rsp::ContinueWithSignal& command) {
  return resume_one(talk, false, command.signal, command.from);
}

rsp::Reply step(Conversation& talk, const rsp::Step& command) {
  return resume_one(talk, true, rsp::gdb_signal::none, command.from);
}

rsp::Reply step_with_signal(Conversation& talk, const rsp::StepWithSignal& command) {
  return resume_one(talk, true, command.signal, command.from);
}

rsp::Reply interrupt(Conversation& talk, const rsp::InterruptTarget&) {
  talk.mode->interrupt();
  return rsp::reply::Ok{};
}

rsp::Reply next_stop(Conversation& talk, const rsp::NextStop&) {
  return talk.mode->next_stop();
}

}  // namespace cotrace::session::handlers
