#include "engines/syscall_log/time_values.h"

#include <unistd.h>

#include "engines/syscall_log/text.h"

namespace cotrace::engines::syscall_log {

std::string timespec_text(Printer&, const timespec& time) {
  return fmt::format("{{tv_sec={}, tv_nsec={}}}", time.tv_sec, time.tv_nsec);
}

std::string timeval_text(Printer&, const timeval& time) {
  return fmt::format("{{tv_sec={}, tv_usec={}}}", time.tv_sec, time.tv_usec);
}

std::string itimerspec_text(Printer& to, const itimerspec& timer) {
  return fmt::format("{{it_interval={}, it_value={}}}", timespec_text(to, timer.it_interval),
                     timespec_text(to, timer.it_value));
}

std::string itimerval_text(Printer& to, const itimerval& timer) {
  return fmt::format("{{it_interval={}, it_value={}}}", timeval_text(to, timer.it_interval),
                     timeval_text(to, timer.it_value));
}

std::string timespec_at(Printer& to, std::uint64_t address) {
  const auto time = to.read<timespec>(address);
  return time ? timespec_text(to, *time) : address_text(address);
}

std::string dated_text(std::int64_t seconds, std::uint64_t nanoseconds) {
  const auto when = static_cast<std::time_t>(seconds);
  std::tm parts{};
  if ((seconds == 0 && nanoseconds == 0) || ::localtime_r(&when, &parts) == nullptr)
    return fmt::format("{}", seconds);
  char day[64];
  char zone[16];
  std::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts);
  std::strftime(zone, sizeof zone, "%z", &parts);
  const auto fraction = nanoseconds == 0 ? std::string() : fmt::format(".{:09}", nanoseconds);
  return fmt::format("{} /* {}{}{} */", seconds, day, fraction, zone);
}

std::string clock_ticks_text(std::int64_t ticks) {
  if (ticks == 0) return "0";
  return fmt::format("{} /* {:.2f} s */", ticks,
                     static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK)));
}

}  // namespace cotrace::engines::syscall_log
