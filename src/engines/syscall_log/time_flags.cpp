// Clocks and timers.
#include <csignal>
#include <ctime>
#include <sys/time.h>
#include <sys/timerfd.h>

#include "engines/syscall_log/flag_tables.h"

// Numbers stand where those headers have the name under feature macros only, or not at all.
#define NAMED COTRACE_NAMED

namespace cotrace::engines::syscall_log {

namespace {

constexpr Name names_of_clock_ids[] = {NAMED(CLOCK_REALTIME),
                                       NAMED(CLOCK_MONOTONIC),
                                       NAMED(CLOCK_PROCESS_CPUTIME_ID),
                                       NAMED(CLOCK_THREAD_CPUTIME_ID),
                                       NAMED(CLOCK_MONOTONIC_RAW),
                                       NAMED(CLOCK_REALTIME_COARSE),
                                       NAMED(CLOCK_MONOTONIC_COARSE),
                                       NAMED(CLOCK_BOOTTIME),
                                       NAMED(CLOCK_REALTIME_ALARM),
                                       NAMED(CLOCK_BOOTTIME_ALARM),
                                       NAMED(CLOCK_TAI)};
constexpr Name names_of_timer_flags[] = {NAMED(TIMER_ABSTIME)};
constexpr Name names_of_interval_timers[] = {NAMED(ITIMER_REAL), NAMED(ITIMER_VIRTUAL), NAMED(ITIMER_PROF)};
constexpr Name names_of_timerfd_create_flags[] = {NAMED(TFD_CLOEXEC), NAMED(TFD_NONBLOCK)};
constexpr Name names_of_timerfd_set_flags[] = {NAMED(TFD_TIMER_ABSTIME), NAMED(TFD_TIMER_CANCEL_ON_SET)};
constexpr Name names_of_sigev_notify[] = {NAMED(SIGEV_SIGNAL), NAMED(SIGEV_NONE), NAMED(SIGEV_THREAD),
                                          NAMED(SIGEV_THREAD_ID)};

}  // namespace

constinit const Names clock_ids{names_of_clock_ids, "CLOCK_?\??"};
constinit const Names timer_flags{names_of_timer_flags, "TIMER_?\??"};
constinit const Names interval_timers{names_of_interval_timers, "ITIMER_?\??"};
constinit const Names timerfd_create_flags{names_of_timerfd_create_flags, "TFD_?\??"};
constinit const Names timerfd_set_flags{names_of_timerfd_set_flags, "TFD_?\??"};
constinit const Names sigev_notify{names_of_sigev_notify, "SIGEV_?\??"};

}  // namespace cotrace::engines::syscall_log
