#include "session/stop_reply.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <utility>
#include <vector>

#include "base/overloaded.h"
#include "session/pc_register.h"

namespace cotrace::session {

namespace {

using base::Overloaded;

namespace cause = rsp::cause;
namespace gdb_signal = rsp::gdb_signal;

struct Told {
  rsp::GdbSignal signal;
  rsp::StopCause cause;
};

rsp::ThreadName name_of(ThreadRef thread) {
  return {thread.pid, thread.tid};
}

cause::Access access_of(stop::Access access) {
  switch (access) {
    case stop::Access::write:
      return cause::Access::write;
    case stop::Access::read:
      return cause::Access::read;
    case stop::Access::any:
      return cause::Access::any;
  }
  return cause::Access::any;
}

// For reasons with which a thread stands.
std::optional<Told> told_as(const Features& features, const StopReason& reason) {
  using Result = std::optional<Told>;
  const auto trap = [](rsp::StopCause why) -> Result { return Told{gdb_signal::trap, std::move(why)}; };
  // A client that has not said that it knows the word gets the bare SIGTRAP: gdb breaks off over a swbreak or
  // hwbreak that was not agreed on.
  const auto trap_if = [&](bool agreed, rsp::StopCause why) {
    return trap(agreed ? std::move(why) : rsp::StopCause{cause::None{}});
  };
  return std::visit(
      Overloaded{
          [](const stop::Quiet&) -> Result { return Told{gdb_signal::none, cause::None{}}; },
          [](const stop::Interrupted&) -> Result { return Told{gdb_signal::interrupt, cause::None{}}; },
          [&](const stop::Signal& s) -> Result { return Told{features.signal_out(s.number), cause::None{}}; },
          [&](const stop::Step&) { return trap(cause::None{}); },
          [&](const stop::SoftwareBreak&) { return trap_if(features.swbreak, cause::SoftwareBreak{}); },
          [&](const stop::HardwareBreak&) { return trap_if(features.hwbreak, cause::HardwareBreak{}); },
          [&](const stop::Watch& w) { return trap(cause::Watch{access_of(w.access), w.address}); },
          [&](const stop::Fork& f) { return trap_if(features.fork_events, cause::Fork{name_of(f.child)}); },
          [&](const stop::Vfork& f) {
            return trap_if(features.vfork_events, cause::Vfork{name_of(f.child)});
          },
          [&](const stop::Clone& c) { return trap(cause::Clone{name_of(c.child)}); },
          [&](const stop::VforkDone&) { return trap_if(features.vfork_events, cause::VforkDone{}); },
          [&](const stop::Exec& e) { return trap_if(features.exec_events, cause::Exec{e.path}); },
          [&](const stop::SyscallEntry& s) { return trap(cause::SyscallEntry{s.number}); },
          [&](const stop::SyscallReturn& s) { return trap(cause::SyscallReturn{s.number}); },
          [&](const stop::ThreadCreated&) { return trap(cause::ThreadCreated{}); },
          [](const stop::ThreadExited&) -> Result { return std::nullopt; },
          [](const stop::Exited&) -> Result { return std::nullopt; },
          [](const stop::Killed&) -> Result { return std::nullopt; },
          [](const stop::NoResumed&) -> Result { return std::nullopt; }},
      reason);
}

// With rbp, rsp and rip gdb decides on most stops without asking for the rest.
std::vector<rsp::ExpeditedRegister> expedited(Target& target, ThreadRef thread) {
  std::vector<rsp::ExpeditedRegister> registers;
  const auto set = target.register_set(thread);
  if (!set) return registers;
  registers.reserve(set->expedited.size());
  for (const int number : set->expedited) {
    // A thread that dies just now has none; the client then asks and hears so.
    if (auto value = target.read_register(thread, number))
      registers.push_back({number, std::move(*value), true});
  }
  return registers;
}

std::optional<Addr> pc_of(Target& target, ThreadRef thread) {
  const auto set = target.register_set(thread);
  const auto number = set ? pc_register(*set) : std::nullopt;
  if (!number) return std::nullopt;
  const auto value = target.read_register(thread, *number);
  if (!value) return std::nullopt;
  Addr pc;
  std::memcpy(&pc.value, value->data(), std::min(value->size(), sizeof pc.value));
  return pc;
}

std::optional<int> core_of(Target& target, const StopReport& report) {
  // Finding the core costs the target a look into /proc, and a client that steps asks for thousands of stops.
  if (std::holds_alternative<stop::Step>(report.reason)) return std::nullopt;
  ThreadFacts* facts = target.thread_facts();
  return facts == nullptr ? std::nullopt : facts->core(report.thread);
}

// For watchpoints lldb takes the cause's own word.
std::string_view reason_for_lldb(const StopReason& reason) {
  using Word = std::string_view;
  return std::visit(Overloaded{[](const stop::Signal&) -> Word { return "signal"; },
                               [](const stop::Interrupted&) -> Word { return "signal"; },
                               [](const stop::Step&) -> Word { return "trace"; },
                               [](const stop::SoftwareBreak&) -> Word { return "breakpoint"; },
                               [](const stop::HardwareBreak&) -> Word { return "breakpoint"; },
                               [](const stop::Exec&) -> Word { return "exec"; },
                               [](const stop::Fork&) -> Word { return "fork"; },
                               [](const stop::Vfork&) -> Word { return "vfork"; },
                               [](const stop::VforkDone&) -> Word { return "vforkdone"; },
                               [](const auto&) -> Word { return ""; }},
                    reason);
}

// All of the process that the stop is of, and where they stand.
void list_threads(Conversation& talk, ThreadRef of, rsp::stop_reply::Stopped& stop) {
  bool known = true;
  for (const ThreadRef thread : talk.visible_threads()) {
    if (thread.pid != of.pid) continue;
    stop.threads.push_back(thread.tid);
    const auto pc = known && talk.target.stopped(thread) ? pc_of(talk.target, thread) : std::nullopt;
    known = known && pc;
    if (known) stop.pcs.push_back(*pc);
  }
  if (!known) stop.pcs.clear();
}

}  // namespace

rsp::StopReply stop_reply(Conversation& talk, const StopReport& report, Scope scope) {
  if (auto told = told_as(talk.features, report.reason)) {
    rsp::stop_reply::Stopped stop{told->signal, name_of(report.thread), std::move(told->cause),
                                  core_of(talk.target, report), expedited(talk.target, report.thread)};
    if (talk.features.lldb) {
      stop.reason = reason_for_lldb(report.reason);
      if (ThreadFacts* facts = talk.target.thread_facts()) stop.name = facts->name(report.thread);
    }
    if (talk.features.list_threads && scope == Scope::process) list_threads(talk, report.thread, stop);
    return stop;
  }
  if (const auto* exited = std::get_if<stop::Exited>(&report.reason)) {
    return rsp::stop_reply::Exited{report.thread.pid, exited->code};
  }
  if (const auto* killed = std::get_if<stop::Killed>(&report.reason)) {
    return rsp::stop_reply::Killed{report.thread.pid, talk.features.signal_out(killed->signal)};
  }
  if (const auto* ended = std::get_if<stop::ThreadExited>(&report.reason)) {
    return rsp::stop_reply::ThreadExited{name_of(report.thread), ended->code};
  }
  return rsp::stop_reply::NoResumed{};
}

// --disable-packet, with which gdb's test suite plays servers that are older than these words.
std::string stop_payload(Conversation& talk, const StopReport& report, Scope scope) {
  rsp::StopReply reply = stop_reply(talk, report, scope);
  const auto& disabled = talk.options.disabled_packets;
  if (!disabled.empty() && std::holds_alternative<rsp::stop_reply::Stopped>(reply)) {
    if (disabled.contains("T")) {
      return fmt::format("S{:02x}", std::get<rsp::stop_reply::Stopped>(reply).signal.value);
    }
    if (disabled.contains("Tthread") || disabled.contains("threads")) {
      std::string text = rsp::encode_stop(reply, talk.features.multiprocess);
      if (const auto begin = text.find("thread:"); begin != std::string::npos) {
        text.erase(begin, text.find(';', begin) - begin + 1);
      }
      return text;
    }
  }
  return rsp::encode_stop(reply, talk.features.multiprocess);
}

}  // namespace cotrace::session
