#include "engines/syscall_log/process_values.h"

#include <sys/wait.h>

#include "engines/syscall_log/signal_values.h"
#include "engines/syscall_log/time_values.h"

namespace cotrace::engines::syscall_log {

namespace {

std::string limit_text(rlim_t limit, std::string_view infinity) {
  constexpr rlim_t kibi = 1024;
  if (limit == RLIM_INFINITY) return std::string(infinity);
  if (limit > kibi && limit % kibi == 0) return fmt::format("{}*1024", limit / kibi);
  return fmt::format("{}", limit);
}

std::string limits_text(const rlimit& limit, std::string_view infinity) {
  return fmt::format("{{rlim_cur={}, rlim_max={}}}", limit_text(limit.rlim_cur, infinity),
                     limit_text(limit.rlim_max, infinity));
}

}  // namespace

std::string rusage_text(Printer& to, const rusage& usage) {
  auto out = fmt::format("{{ru_utime={}, ru_stime={}, ", timeval_text(to, usage.ru_utime),
                         timeval_text(to, usage.ru_stime));
  if (to.style().abbreviate) return out + "...}";
  return out + fmt::format(
                   "ru_maxrss={}, ru_ixrss={}, ru_idrss={}, ru_isrss={}, ru_minflt={}, ru_majflt={}, "
                   "ru_nswap={}, ru_inblock={}, ru_oublock={}, ru_msgsnd={}, ru_msgrcv={}, "
                   "ru_nsignals={}, ru_nvcsw={}, ru_nivcsw={}}}",
                   usage.ru_maxrss, usage.ru_ixrss, usage.ru_idrss, usage.ru_isrss, usage.ru_minflt,
                   usage.ru_majflt, usage.ru_nswap, usage.ru_inblock, usage.ru_oublock, usage.ru_msgsnd,
                   usage.ru_msgrcv, usage.ru_nsignals, usage.ru_nvcsw, usage.ru_nivcsw);
}

std::string rlimit_text(Printer&, const rlimit& limit) {
  return limits_text(limit, "RLIM_INFINITY");
}

std::string rlimit64_text(Printer&, const rlimit& limit) {
  return limits_text(limit, "RLIM64_INFINITY");
}

std::string wait_status_text(int status) {
  if (WIFEXITED(status)) return fmt::format("{{WIFEXITED(s) && WEXITSTATUS(s) == {}}}", WEXITSTATUS(status));
  if (WIFSTOPPED(status))
    return fmt::format("{{WIFSTOPPED(s) && WSTOPSIG(s) == {}}}", signal_text(WSTOPSIG(status)));
  if (WIFSIGNALED(status)) {
    return fmt::format("{{WIFSIGNALED(s) && WTERMSIG(s) == {}{}}}", signal_text(WTERMSIG(status)),
                       WCOREDUMP(status) ? " && WCOREDUMP(s)" : "");
  }
  return WIFCONTINUED(status) ? "{WIFCONTINUED(s)}" : fmt::format("{:#x}", status);
}

}  // namespace cotrace::engines::syscall_log
