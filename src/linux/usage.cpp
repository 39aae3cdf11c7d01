#include "linux/usage.h"

#include <algorithm>
#include <ctime>
#include <fmt/format.h>
#include <unistd.h>

#include "linux/proc.h"
#include "linux/proc_file.h"

namespace cotrace::sys {

namespace {

std::chrono::milliseconds from_ticks(std::uint64_t ticks) {
  const long a_second = ::sysconf(_SC_CLK_TCK);
  return std::chrono::milliseconds(static_cast<std::int64_t>(ticks) * 1000 / (a_second > 0 ? a_second : 100));
}

}  // namespace

Result<CpuTime> cpu_time_of(Tid task) {
  const auto stat = read_proc(task, "stat");
  if (!stat) return std::unexpected(stat.error());
  const auto user = stat_field(*stat, 14);
  const auto system = stat_field(*stat, 15);
  if (!user || !system) return fail(Errc::gone, fmt::format("there is no process {}", task.value));
  return CpuTime{from_ticks(decimal(*user)), from_ticks(decimal(*system))};
}

Result<std::uint64_t> peak_memory_of(Tid task) {
  const auto status = read_proc(task, "status");
  if (!status) return std::unexpected(status.error());
  const auto value = status_value(*status, "VmHWM");
  if (value.empty()) return fail(Errc::not_found, fmt::format("process {} has no memory", task.value));
  return decimal(value) * 1024;
}

Result<std::chrono::milliseconds> age_of(Tid task) {
  const auto start = start_time_of(task);
  if (!start) return std::unexpected(start.error());
  // The start is told in time since boot, that of suspensions included.
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  const auto since_boot = std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(since_boot) - from_ticks(*start);
  return std::max(age, std::chrono::milliseconds(0));
}

}  // namespace cotrace::sys
