// Waiting for descriptors.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include "engines/syscall_log/flag_tables.h"

// Numbers stand where those headers have the name under feature macros only, or not at all.
#define NAMED COTRACE_NAMED

namespace cotrace::engines::syscall_log {

namespace {

constexpr Name names_of_poll_events[] = {
    NAMED(POLLIN),   NAMED(POLLPRI),    NAMED(POLLOUT),    NAMED(POLLERR),    NAMED(POLLHUP),
    NAMED(POLLNVAL), NAMED(POLLRDNORM), NAMED(POLLRDBAND), NAMED(POLLWRNORM), NAMED(POLLWRBAND),
    NAMED(POLLMSG),  NAMED(POLLREMOVE), NAMED(POLLRDHUP)};
constexpr Name names_of_epoll_events[] = {
    NAMED(EPOLLIN),     NAMED(EPOLLPRI),       NAMED(EPOLLOUT),    NAMED(EPOLLRDNORM),  NAMED(EPOLLRDBAND),
    NAMED(EPOLLWRNORM), NAMED(EPOLLWRBAND),    NAMED(EPOLLMSG),    NAMED(EPOLLERR),     NAMED(EPOLLHUP),
    NAMED(EPOLLRDHUP),  NAMED(EPOLLEXCLUSIVE), NAMED(EPOLLWAKEUP), NAMED(EPOLLONESHOT), NAMED(EPOLLET)};
constexpr Name names_of_epoll_operations[] = {NAMED(EPOLL_CTL_ADD), NAMED(EPOLL_CTL_DEL),
                                              NAMED(EPOLL_CTL_MOD)};
constexpr Name names_of_epoll_create_flags[] = {NAMED(EPOLL_CLOEXEC)};
constexpr Name names_of_eventfd_flags[] = {NAMED(EFD_SEMAPHORE), NAMED(EFD_CLOEXEC), NAMED(EFD_NONBLOCK)};
constexpr Name names_of_signalfd_flags[] = {NAMED(SFD_CLOEXEC), NAMED(SFD_NONBLOCK)};

}  // namespace

constinit const Names poll_events{names_of_poll_events, "POLL?\??"};
constinit const Names epoll_events{names_of_epoll_events, "EPOLL?\??"};
constinit const Names epoll_operations{names_of_epoll_operations, "EPOLL_CTL_?\??"};
constinit const Names epoll_create_flags{names_of_epoll_create_flags, "EPOLL_?\??"};
constinit const Names eventfd_flags{names_of_eventfd_flags, "EFD_?\??"};
constinit const Names signalfd_flags{names_of_signalfd_flags, "SFD_?\??"};

}  // namespace cotrace::engines::syscall_log
