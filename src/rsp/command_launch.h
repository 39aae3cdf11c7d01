// lldb's packets that start programs and find processes, beside those that it shares with gdb
// (command_process.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cotrace/ids.h>

namespace cotrace::rsp {

// A LENGTH,INDEX,WORD,...: starts a program; lldb's older way, where vRun is not known. Lengths and indexes
// are decimal.
struct LaunchArguments {
  std::vector<std::string> words;  // at least one
  static constexpr std::string_view name = "A";
  static std::optional<LaunchArguments> parse(std::string_view arguments);
};

// qLaunchSuccess: what became of the last A.
struct LaunchSuccess {
  static constexpr std::string_view name = "qLaunchSuccess";
  static std::optional<LaunchSuccess> parse(std::string_view arguments);
};

// QLaunchArch:ARCHITECTURE
struct LaunchArch {
  static constexpr std::string_view name = "QLaunchArch";
  static std::optional<LaunchArch> parse(std::string_view arguments);
};

// QEnvironment:NAME=VALUE as it is. lldb uses it where neither has a character that a packet reserves.
struct PlainEnvironment {
  std::string variable;
  std::string value;
  static constexpr std::string_view name = "QEnvironment";
  static std::optional<PlainEnvironment> parse(std::string_view arguments);
};

// QSetDisableASLR: gdb's QDisableRandomization.
struct DisableAslr {
  bool on;
  static constexpr std::string_view name = "QSetDisableASLR";
  static std::optional<DisableAslr> parse(std::string_view arguments);
};

// QSetDetachOnError: what becomes of a launched program when the connection breaks: it runs on, or it is
// killed.
struct DetachOnError {
  bool detach;
  static constexpr std::string_view name = "QSetDetachOnError";
  static std::optional<DetachOnError> parse(std::string_view arguments);
};

// QSetSTDIN, QSetSTDOUT, QSetSTDERR: a file that the next program has for one of these. Empty: the server's
// own.
struct SetStandardInput {
  std::string path;
  static constexpr std::string_view name = "QSetSTDIN";
  static std::optional<SetStandardInput> parse(std::string_view arguments);
};
struct SetStandardOutput {
  std::string path;
  static constexpr std::string_view name = "QSetSTDOUT";
  static std::optional<SetStandardOutput> parse(std::string_view arguments);
};
struct SetStandardError {
  std::string path;
  static constexpr std::string_view name = "QSetSTDERR";
  static std::optional<SetStandardError> parse(std::string_view arguments);
};

// qGetWorkingDir: where the next program starts.
struct WorkingDirectory {
  static constexpr std::string_view name = "qGetWorkingDir";
  static std::optional<WorkingDirectory> parse(std::string_view arguments);
};

// vAttachName;NAME: to the one process that runs such a program. vAttachWait: to the next one that does,
// whoever does now. vAttachOrWait: to one of now, else to the next.
struct AttachName {
  std::string program;
  static constexpr std::string_view name = "vAttachName";
  static std::optional<AttachName> parse(std::string_view arguments);
};
struct AttachWait {
  std::string program;
  static constexpr std::string_view name = "vAttachWait";
  static std::optional<AttachWait> parse(std::string_view arguments);
};
struct AttachOrWait {
  std::string program;
  static constexpr std::string_view name = "vAttachOrWait";
  static std::optional<AttachOrWait> parse(std::string_view arguments);
};
// qVAttachOrWaitSupported
struct AttachOrWaitSupported {
  static constexpr std::string_view name = "qVAttachOrWaitSupported";
  static std::optional<AttachOrWaitSupported> parse(std::string_view arguments);
};

}  // namespace cotrace::rsp
