// The wire, readable and with times.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "server/log.h"

namespace cotrace::server {

// One packet as one line: the client's number, the direction, the packet with everything that is no printable
// ASCII as \xNN (and the backslash as \\). `->`: to the client.
std::string packet_line(unsigned client, bool from_client, std::string_view packet);
// "HH:MM:SS.uuuuuu", local time.
std::string clock_text(std::chrono::system_clock::time_point when);

// Writes packets to a file (--log-packets), and to the server's log while that is asked for (--remote-debug,
// monitor set remote-debug).
class PacketLog {
 public:
  explicit PacketLog(Log& log) : log_(log) {}
  // Created, or emptied. False: it cannot be opened.
  bool to_file(const std::string& path);
  void set_shown(bool on) { shown_ = on; }
  [[nodiscard]] bool active() const { return shown_ || file_.valid(); }
  void packet(unsigned client, bool from_client, std::string_view packet);

 private:
  Log& log_;
  base::Fd file_;
  bool shown_{false};
};

}  // namespace cotrace::server
