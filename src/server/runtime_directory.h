// Where a server puts its Unix socket when nobody says where.
#pragma once

#include <string>

#include <cotrace/error.h>

namespace cotrace::server {

// A directory that is ours alone, made if need be: $XDG_RUNTIME_DIR/cotrace, else /tmp/cotrace-UID.
// not_permitted: something of that name is there which is a link, is another user's, or is open to others.
Result<std::string> runtime_directory();
// The same under a given parent, which may be anybody's.
Result<std::string> private_directory(const std::string& path);

// A path in it for this process.
Result<std::string> default_socket_path();

}  // namespace cotrace::server
