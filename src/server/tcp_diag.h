// Who owns the other end of a TCP connection, asked of the kernel directly (sock_diag(7)).
#pragma once

#include <optional>
#include <sys/types.h>

#include <cotrace/error.h>

#include "server/sockets.h"

namespace cotrace::server {

// The user of the socket on this machine whose own address is `remote` and whose peer is `local`, both as
// this end sees them. Nothing: there is none (the peer is on another machine, or has closed). An error: this
// kernel has no tcp_diag, or the sandbox does not let us ask.
//
// One message each way, where /proc/net/tcp costs milliseconds: the kernel walks its whole hash table for
// each read of that, however few lines come out (3 ms with one, Linux 6.18).
Result<std::optional<uid_t>> tcp_peer_uid(const SocketAddress& local, const SocketAddress& remote);

}  // namespace cotrace::server
