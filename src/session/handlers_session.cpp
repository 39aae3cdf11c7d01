// qSupported, QStartNoAckMode, !, QNonStop, qSymbol.
#include "session/dispatch_table.h"
#include "session/handlers.h"

namespace cotrace::session::handlers {

rsp::Reply supported(Conversation& talk, const rsp::Supported& command) {
  Features agreed;
  agreed.multiprocess = command.has("multiprocess");
  agreed.swbreak = command.has("swbreak");
  agreed.hwbreak = command.has("hwbreak");
  EventOptions* events = talk.target.event_options();
  if (events != nullptr) {
    // A fork event names a second process, so it needs the ids with a process part.
    agreed.fork_events = agreed.multiprocess && command.has("fork-events");
    agreed.vfork_events = agreed.multiprocess && command.has("vfork-events");
    agreed.exec_events = command.has("exec-events");
    agreed.no_resumed = command.has("no-resumed");
  }
  // May come again: the last one counts. What the client is stays.
  agreed.lldb = talk.features.lldb;
  agreed.list_threads = talk.features.list_threads;
  agreed.error_strings = talk.features.error_strings;
  talk.features = agreed;
  want_events(talk);
  return rsp::reply::Payload{supported_features(talk)};
}

void want_events(Conversation& talk) {
  EventOptions* events = talk.target.event_options();
  if (events == nullptr) return;
  // lldb does not say that it wants to hear of an exec, nor that it wants pc put back at a breakpoint;
  // lldb-server does both, and without either lldb 19 goes on with the wrong program.
  Features& agreed = talk.features;
  agreed.exec_events = agreed.exec_events || agreed.lldb;
  events->want({.fork = agreed.fork_events,
                .vfork = agreed.vfork_events,
                .exec = agreed.exec_events,
                .swbreak = agreed.swbreak,
                .pc_at_break = agreed.lldb,
                .no_resumed = agreed.no_resumed});
}

rsp::Reply start_no_ack_mode(Conversation& talk, const rsp::StartNoAckMode&) {
  // The OK itself is still acked: the wire waits for that.
  talk.wire.stop_acks();
  return rsp::reply::Ok{};
}

rsp::Reply extended_mode(Conversation& talk, const rsp::ExtendedMode&) {
  if (!talk.options.extended_possible) return rsp::reply::Unsupported{};
  talk.extended = true;
  return rsp::reply::Ok{};
}

rsp::Reply non_stop(Conversation& talk, const rsp::NonStop& command) {
  if (command.on != talk.non_stop) {
    talk.non_stop = command.on;
    talk.mode = command.on ? make_non_stop(talk) : make_all_stop(talk);
    if (command.on) talk.target.begin_non_stop();
  }
  return rsp::reply::Ok{};
}

rsp::Reply symbol(Conversation&, const rsp::Symbol&) {
  // The target looks up its symbols itself; no question is asked back.
  return rsp::reply::Ok{};
}

}  // namespace cotrace::session::handlers
