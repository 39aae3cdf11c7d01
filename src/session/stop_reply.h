// From what the target reports to what the client reads.
#pragma once

#include <cstdint>
#include <string>

#include "rsp/stop_reply.h"
#include "session/state.h"

namespace cotrace::session {

// Does it tell of the other threads of the process too, where the client has asked for that?
enum class Scope : std::uint8_t { process, thread };

// Reads the expedited registers of the thread, if one stands. A reason that the client has not agreed to
// becomes a plain SIGTRAP.
rsp::StopReply stop_reply(Conversation& talk, const StopReport& report, Scope scope = Scope::process);
// Its payload, with what --disable-packet=T or Tthread leaves of it.
std::string stop_payload(Conversation& talk, const StopReport& report, Scope scope = Scope::process);

}  // namespace cotrace::session
