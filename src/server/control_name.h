// Where a running cotrace can be reached by other commands of the same user, whatever it serves otherwise.
#pragma once

#include <string>

#include <cotrace/error.h>
#include <cotrace/ids.h>

namespace cotrace::server {

// The name of a Unix socket in the abstract namespace (unix(7)): it is gone with its owner, so that a server
// that was killed leaves nothing behind. It carries the pid namespace and the pid there, for the pid by
// which somebody else knows the same process may be another. Without the leading NUL.
Result<std::string> control_name(Pid server);

}  // namespace cotrace::server
