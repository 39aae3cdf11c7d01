// Serving a qXfer object in pieces.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <cotrace/error.h>

#include "rsp/command_query.h"
#include "rsp/reply.h"
#include "session/state.h"

namespace cotrace::session {

// `make` builds the whole object; it is called for a read at offset 0, and for one in the middle of an object
// that is not kept. An object that cannot be had is an error, not the empty reply: gdb 13 takes that for a
// broken promise, once the object has been advertised.
rsp::Reply serve_object(Conversation& talk, std::string_view object, const rsp::XferRead& command,
                        const std::function<Result<std::string>()>& make);

}  // namespace cotrace::session
