#include "server/packet_log.h"

#include <ctime>
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <iterator>
#include <unistd.h>

namespace cotrace::server {

std::string packet_line(unsigned client, bool from_client, std::string_view packet) {
  auto line = fmt::format("{} {} ", client, from_client ? "<-" : "->");
  for (const char c : packet) {
    if (c == '\\') {
      line += "\\\\";
    } else if (c >= 0x20 && c < 0x7f) {
      line += c;
    } else {
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return line;
}

std::string clock_text(std::chrono::system_clock::time_point when) {
  const auto seconds = std::chrono::system_clock::to_time_t(when);
  const auto micros =
      std::chrono::duration_cast<std::chrono::microseconds>(when.time_since_epoch()).count() % 1'000'000;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:%H:%M:%S}.{:06}", local, micros);
}

// For the user alone: packets carry the program's memory.
bool PacketLog::to_file(const std::string& path) {
  file_ = base::Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  return file_.valid();
}

void PacketLog::packet(unsigned client, bool from_client, std::string_view packet) {
  if (!active()) return;
  const auto line = packet_line(client, from_client, packet);
  if (shown_) log_.write(line);
  if (!file_.valid()) return;
  // A line at a time and unbuffered: the last packet before a crash is the one that is wanted.
  const auto timed = fmt::format("{} {}\n", clock_text(std::chrono::system_clock::now()), line);
  [[maybe_unused]] const auto written = ::write(file_.get(), timed.data(), timed.size());
}

}  // namespace cotrace::server
