// Which processes a client of the platform wants to hear of.
#pragma once

#include <functional>

#include <cotrace/error.h>

#include "rsp/command_platform.h"
#include "session/target.h"

namespace cotrace::session {

// Fails where a regular expression is none.
Result<std::function<bool(const HostPlatform::ProcessFacts&)>> process_filter(
    const rsp::FirstProcess& wanted);

}  // namespace cotrace::session
