#include "engines/syscall_log/summary.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <vector>

namespace cotrace::engines::syscall_log {

namespace {

constexpr std::string_view rule = "------ ----------- ----------- --------- --------- ----------------\n";

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

void Summary::count(const std::string& call, std::chrono::nanoseconds time, bool failed) {
  Row& row = rows_[call];
  row.time += time;
  ++row.calls;
  if (failed) ++row.errors;
}

std::string Summary::text() const {
  if (rows_.empty()) return "";
  std::vector<std::pair<std::string, Row>> sorted(rows_.begin(), rows_.end());
  std::ranges::sort(sorted, [](const auto& a, const auto& b) {
    return a.second.time != b.second.time ? a.second.time > b.second.time : a.first < b.first;
  });
  Row total;
  for (const auto& [name, row] : sorted) {
    total.time += row.time;
    total.calls += row.calls;
    total.errors += row.errors;
  }
  std::string out = "% time     seconds  usecs/call     calls    errors syscall\n";
  out += rule;
  const auto add = [&](std::string_view name, const Row& row) {
    const double share = total.time.count() == 0 ? 0 : 100 * seconds(row.time) / seconds(total.time);
    fmt::format_to(std::back_inserter(out), "{:6.2f} {:11.6f} {:11} {:9} {:>9} {}\n", share,
                   seconds(row.time), row.time.count() / 1000 / static_cast<std::int64_t>(row.calls),
                   row.calls, row.errors == 0 ? "" : fmt::format("{}", row.errors), name);
  };
  for (const auto& [name, row] : sorted) add(name, row);
  out += rule;
  add("total", total);
  return out;
}

}  // namespace cotrace::engines::syscall_log
