// QThreadSuffixSupported, QListThreadsInStopReply, QEnableErrorStrings, qEcho, qHostInfo, qProcessInfo,
// qMemoryRegionInfo, qThreadStopInfo, jThreadsInfo, _M, _m.
#include <fmt/format.h>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/hex.h"
#include "rsp/threads_json.h"
#include "session/handlers.h"
#include "session/stop_reply.h"

namespace cotrace::session::handlers {

namespace {

std::string machine(const SystemFacts::Machine& of) {
  return fmt::format("triple:{};ostype:{};endian:{};ptrsize:{};", base::to_hex(of.triple), of.system,
                     of.big_endian ? "big" : "little", of.pointer_size);
}

// What a thread can have met while another one's stop was on its way. Not what brings a new process along:
// lldb handles one of those at a time.
bool happened_beside(const StopReason& reason) {
  return std::holds_alternative<stop::SoftwareBreak>(reason) ||
         std::holds_alternative<stop::HardwareBreak>(reason) || std::holds_alternative<stop::Watch>(reason) ||
         std::holds_alternative<stop::Signal>(reason) || std::holds_alternative<stop::Step>(reason);
}

// gdb is told of one stop at a time, and meets the other breakpoints again when it goes on. lldb would not: a
// thread that stands where it has set a breakpoint is stepped over that first, hit or not (19.1.7,
// Thread::SetupForResume). So it hears of all of them at the one stop, as from lldb-server.
void tell_what_is_held_back(Conversation& talk, ThreadRef thread) {
  const auto held = talk.untold.find(thread);
  if (held != talk.untold.end() && happened_beside(held->reason)) talk.told.tell(talk.untold.take(held));
}

}  // namespace

rsp::Reply thread_suffix(Conversation& talk, const rsp::ThreadSuffix&) {
  talk.features.lldb = true;
  want_events(talk);
  return rsp::reply::Ok{};
}

rsp::Reply host_info(Conversation& talk, const rsp::HostInfo&) {
  const auto here = talk.target.system_facts()->host();
  if (!here) return failed(here.error());
  return rsp::reply::Payload{machine(*here)};
}

rsp::Reply process_info(Conversation& talk, const rsp::ProcessInfo&) {
  const Pid pid = talk.subject().pid;
  const auto process = talk.target.system_facts()->process(pid);
  if (!process) return failed(process.error());
  return rsp::reply::Payload{fmt::format(
      "pid:{:x};parent-pid:{:x};real-uid:{:x};real-gid:{:x};effective-uid:{:x};effective-gid:{:x};{}",
      pid.value, process->parent.value, process->uid, process->gid, process->euid, process->egid,
      machine(process->machine))};
}

rsp::Reply memory_region(Conversation& talk, const rsp::MemoryRegionInfo& command) {
  if (!command.address) return rsp::reply::Ok{};
  const auto region = talk.target.system_facts()->region(talk.subject().pid, *command.address);
  if (!region) return failed(region.error());
  std::string text = fmt::format("start:{:x};size:{:x};", region->start.value, region->end - region->start);
  if (region->mapped) {
    text += fmt::format("permissions:{}{}{};", region->read ? "r" : "", region->write ? "w" : "",
                        region->execute ? "x" : "");
    if (!region->name.empty()) text += fmt::format("name:{};", base::to_hex(region->name));
  }
  return rsp::reply::Payload{std::move(text)};
}

// lldb has no reply for "it runs": an error then.
rsp::Reply thread_stop_info(Conversation& talk, const rsp::ThreadStopInfo& command) {
  const auto thread = talk.find_thread({std::nullopt, rsp::Selector<Tid>::one(command.thread)});
  if (!thread || !talk.target.stopped(*thread)) return rsp::reply::Error{};
  tell_what_is_held_back(talk, *thread);
  const StopReason* reason = talk.told.find(*thread);
  return rsp::reply::Payload{
      stop_payload(talk, {*thread, reason == nullptr ? stop::Quiet{} : *reason}, Scope::thread)};
}

// lldb takes a thread that is left out for one without a reason to stop.
rsp::Reply threads_info(Conversation& talk, const rsp::ThreadsInfo&) {
  std::vector<rsp::stop_reply::Stopped> stops;
  for (const ThreadRef thread : talk.visible_threads()) {
    if (thread.pid != talk.subject().pid || !talk.target.stopped(thread)) continue;
    tell_what_is_held_back(talk, thread);
    const StopReason* reason = talk.told.find(thread);
    auto reply = stop_reply(talk, {thread, reason == nullptr ? stop::Quiet{} : *reason}, Scope::thread);
    if (auto* stop = std::get_if<rsp::stop_reply::Stopped>(&reply)) stops.push_back(std::move(*stop));
  }
  return rsp::reply::Payload{rsp::threads_json(stops)};
}

rsp::Reply list_threads(Conversation& talk, const rsp::ListThreads&) {
  talk.features.list_threads = true;
  return rsp::reply::Ok{};
}

rsp::Reply error_strings(Conversation& talk, const rsp::ErrorStrings&) {
  talk.features.error_strings = true;
  return rsp::reply::Ok{};
}

rsp::Reply echo(Conversation&, const rsp::Echo& command) {
  return rsp::reply::Payload{"qEcho:" + command.text};
}

rsp::Reply allocate_memory(Conversation& talk, const rsp::AllocateMemory& command) {
  talk.target.program_memory()->allocate(
      talk.subject(), command.size, {command.read, command.write, command.execute},
      [later = Deferred(talk)](Result<Addr> address) mutable {
        later.answer(address ? rsp::Reply{rsp::reply::Payload{fmt::format("{:x}", address->value)}}
                             : explained(address.error()));
      });
  return rsp::reply::Later{};
}

rsp::Reply deallocate_memory(Conversation& talk, const rsp::DeallocateMemory& command) {
  talk.target.program_memory()->deallocate(
      talk.subject(), command.address, [later = Deferred(talk)](Result<> done) mutable {
        later.answer(done ? rsp::Reply{rsp::reply::Ok{}} : explained(done.error()));
      });
  return rsp::reply::Later{};
}

}  // namespace cotrace::session::handlers
