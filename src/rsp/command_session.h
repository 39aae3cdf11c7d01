// Packets about the conversation itself.
//
// In all command_*.h: one struct a packet, `name` as split_name() gives it, and `parse` of the arguments,
// which gives nothing if they are malformed. Numbers are hexadecimal on the wire. The structs own their data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cotrace::rsp {

// qSupported: what the client can do, in its order. Items that make no sense are left out.
struct Supported {
  struct Feature {
    std::string name;
    enum class State : std::uint8_t {
      yes,
      no,
      maybe,
      value
    } state;            // "name+", "name-", "name?", "name=value"
    std::string value;  // with `value`
  };
  std::vector<Feature> features;
  // The client has said "name+".
  [[nodiscard]] bool has(std::string_view feature) const;

  static constexpr std::string_view name = "qSupported";
  static std::optional<Supported> parse(std::string_view arguments);
};

// QStartNoAckMode
struct StartNoAckMode {
  static constexpr std::string_view name = "QStartNoAckMode";
  static std::optional<StartNoAckMode> parse(std::string_view arguments);
};

// !
struct ExtendedMode {
  static constexpr std::string_view name = "!";
  static std::optional<ExtendedMode> parse(std::string_view arguments);
};

// ? : why does the target stand
struct HaltReason {
  static constexpr std::string_view name = "?";
  static std::optional<HaltReason> parse(std::string_view arguments);
};

// QNonStop:0|1
struct NonStop {
  bool on;
  static constexpr std::string_view name = "QNonStop";
  static std::optional<NonStop> parse(std::string_view arguments);
};

// qRcmd: a monitor command, decoded.
struct MonitorCommand {
  std::string text;
  static constexpr std::string_view name = "qRcmd";
  static std::optional<MonitorCommand> parse(std::string_view arguments);
};

}  // namespace cotrace::rsp
