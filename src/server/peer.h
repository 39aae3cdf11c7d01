// Who is at the other end: may it connect?
//
// A debug connection is as good as a shell of the server's user, so the peer must be that user or root
// wherever the machine can tell.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

#include <cotrace/error.h>

#include "server/sockets.h"

namespace cotrace::server {

// The uid of the process that holds the other end of a TCP connection on this machine, found in the text of
// /proc/net/tcp or tcp6 (proc(5)). `local` and `remote` are this end's addresses. Nothing: no such line, or
// one without a living owner.
std::optional<uid_t> find_tcp_peer_uid(std::string_view table, const SocketAddress& local,
                                       const SocketAddress& remote);

// not_permitted: the peer is another user, or it is on this machine and cannot be identified. A TCP peer on
// another machine passes: it reached a socket that somebody asked to open to the outside.
Result<> check_peer(int socket);

// The rule itself: the same user, or root.
bool may_connect(uid_t peer, uid_t own);

}  // namespace cotrace::server
