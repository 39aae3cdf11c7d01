// Calls on clocks and timers.
#include <cerrno>
#include <csignal>
#include <sys/times.h>
#include <sys/timex.h>

#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/families.h"
#include "engines/syscall_log/flag_tables.h"
#include "engines/syscall_log/kernel_errors.h"
#include "engines/syscall_log/signal_values.h"
#include "engines/syscall_log/text.h"
#include "engines/syscall_log/time_values.h"

namespace cotrace::engines::syscall_log {

namespace {

// What was left of a sleep: the kernel tells it only of one that was interrupted.
void print_remaining(Printer& to, unsigned index) {
  const bool interrupted = to.call.result == -EINTR || is_restart(to.call.result);
  to.text(interrupted ? timespec_at(to, to.call.args[index]) : address_text(to.call.args[index]));
}

std::string process_times_text(Printer&, const tms& times) {
  return fmt::format("{{tms_utime={}, tms_stime={}, tms_cutime={}, tms_cstime={}}}",
                     clock_ticks_text(times.tms_utime), clock_ticks_text(times.tms_stime),
                     clock_ticks_text(times.tms_cutime), clock_ticks_text(times.tms_cstime));
}

std::string zone_text(Printer&, const struct timezone& zone) {
  return fmt::format("{{tz_minuteswest={}, tz_dsttime={}}}", zone.tz_minuteswest, zone.tz_dsttime);
}

std::string sigevent_text(Printer&, const sigevent& event) {
  std::string out = "{";
  if (event.sigev_value.sival_ptr != nullptr) {
    out += fmt::format("sigev_value={{sival_int={}, sival_ptr={}}}, ", event.sigev_value.sival_int,
                       address_text(reinterpret_cast<std::uint64_t>(event.sigev_value.sival_ptr)));
  }
  return out + fmt::format("sigev_signo={}, sigev_notify={}}}", signal_text(event.sigev_signo),
                           value_text(sigev_notify, static_cast<std::uint32_t>(event.sigev_notify)));
}

void print_clock(Printer& to, unsigned index) {
  const auto clock = static_cast<std::int32_t>(to.call.args[index]);
  // A negative one is a process or a thread with a kind of clock (clock_getcpuclockid(3)).
  if (clock >= 0) return print_value<clock_ids>(to, index);
  constexpr std::string_view kinds[] = {"CPUCLOCK_PROF", "CPUCLOCK_VIRT", "CPUCLOCK_SCHED", "CLOCKFD"};
  const bool of_thread = (clock & 4) != 0;
  if ((clock & 3) == 3) return to.format("FD_TO_CLOCKID({})", ~(clock >> 3));
  to.format("MAKE_{}_CPUCLOCK({}, {})", of_thread ? "THREAD" : "PROCESS", ~(clock >> 3),
            kinds[static_cast<unsigned>(clock & 3)]);
}

void print_time_out(Printer& to, unsigned index) {
  if (print_unwritten(to, index)) return;
  const auto time = to.read<std::int64_t>(to.call.args[index]);
  time ? to.format("[{}]", dated_text(*time, 0)) : print_address(to, index);
}

void remark_time(Printer& to) {
  const auto dated = dated_text(to.call.result, 0);
  const auto from = dated.find("/* ");
  if (from != std::string::npos) to.text(std::string_view(dated).substr(from + 3, dated.size() - from - 6));
}

using namespace words;  // NOLINT(google-build-using-namespace): what the table below is written in

constexpr Argument clock_id{print_clock};
constexpr Argument remaining{print_remaining, When::exit};
constexpr Argument zone_out = object_out<struct timezone, zone_text>;
constexpr Argument itimerspec_in = object_in<itimerspec, itimerspec_text>;
constexpr Argument itimerspec_out = object_out<itimerspec, itimerspec_text>;
constexpr Argument itimerval_in = object_in<itimerval, itimerval_text>;
constexpr Argument itimerval_out = object_out<itimerval, itimerval_text>;

constexpr Signature table[] = {
    {"nanosleep", {timespec_in, remaining}},
    {"clock_nanosleep", {clock_id, flags<timer_flags>, timespec_in, remaining}},
    {"clock_gettime", {clock_id, timespec_out}},
    {"clock_settime", {clock_id, timespec_in}},
    {"clock_getres", {clock_id, timespec_out}},
    {"clock_adjtime", {clock_id, address}},
    {"adjtimex", {address}},
    {"gettimeofday", {timeval_out, zone_out}},
    {"settimeofday", {timeval_in, object_in<struct timezone, zone_text>}},
    {"time", {{{print_time_out, When::exit}}}, Returns::number, remark_time},
    {"times", {object_out<tms, process_times_text>}},
    {"alarm", {unsigned_number}},
    {"getitimer", {value<interval_timers>, itimerval_out}},
    {"setitimer", {value<interval_timers>, itimerval_in, itimerval_out}},
    {"timer_create", {clock_id, object_in<sigevent, sigevent_text>, number_out}},
    {"timer_settime", {number, flags<timer_flags>, itimerspec_in, itimerspec_out}},
    {"timer_gettime", {number, itimerspec_out}},
    {"timer_getoverrun", {number}},
    {"timer_delete", {number}},
    {"timerfd_create", {clock_id, flags<timerfd_create_flags>}, Returns::descriptor},
    {"timerfd_settime", {descriptor, flags<timerfd_set_flags>, itimerspec_in, itimerspec_out}},
    {"timerfd_gettime", {descriptor, itimerspec_out}},
};

}  // namespace

Signatures time_calls() {
  return table;
}

}  // namespace cotrace::engines::syscall_log
