// `monitor` commands: gdbserver's, and one more.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/log.h"
#include "server/packet_log.h"
#include "session/target.h"

namespace cotrace::server {

enum class GateKind : std::uint8_t { hold, ignore };

// What the commands act upon.
class MonitorHost {
 public:
  virtual ~MonitorHost() = default;
  // The server ends, once the command's reply is on its way.
  virtual void request_exit() = 0;
  virtual void set_libthread_db_path(const std::string& directories) = 0;
  // Who is connected and holds what; lines.
  virtual std::string who() = 0;
  // Nothing: only tell. The text of the answer.
  virtual Result<std::string> follow(std::optional<bool> on) = 0;
  virtual Result<std::string> add_gate(GateKind kind, std::string_view pattern) = 0;
};

// One per view, since `who` and `exit` are asked by somebody; the switches for debug output are the server's
// and one for all clients.
class Monitor final : public session::Console {
 public:
  Monitor(MonitorHost& host, Log& log, PacketLog& packets) : host_(host), log_(log), packets_(packets) {}

  // The text is complete with its line ends. An unknown command is `unsupported`, with gdbserver's complaint
  // and the help as the text.
  Result<std::string> run(std::string_view command) override;

 private:
  Result<std::string> set(std::string_view what, std::string_view value);
  Result<std::string> set_format(std::string_view formats);

  MonitorHost& host_;
  Log& log_;
  PacketLog& packets_;
  LogLevel quiet_level_{LogLevel::off};  // to go back to when debugging is switched off
};

// The options of --debug-format and `set debug-format`: none, timestamp, all, separated by commas. False: one
// is unknown.
bool apply_debug_format(Log& log, std::string_view formats);

}  // namespace cotrace::server
