// The answer to lldb's jThreadsInfo.
#pragma once

#include <span>
#include <string>

#include "rsp/stop_reply.h"

namespace cotrace::rsp {

// An array of objects, one for each thread that stands, with what is in its stop reply. Escaped, as JSON's
// braces are an escape on the wire.
std::string threads_json(std::span<const stop_reply::Stopped> stops);

}  // namespace cotrace::rsp
