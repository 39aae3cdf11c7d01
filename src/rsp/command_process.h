// Packets that start, attach, leave and end processes, and how programs are to be started.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cotrace/ids.h>

namespace cotrace::rsp {

// vRun;program;argument... Words, not a command line: what gdb's user typed is taken apart by gdb.
struct Run {
  std::string program;  // empty: the one that was run last
  std::vector<std::string> arguments;
  static constexpr std::string_view name = "vRun";
  static std::optional<Run> parse(std::string_view arguments);
};

// In extended mode only (gdb: target extended-remote, attach).
struct Attach {
  Pid pid;
  static constexpr std::string_view name = "vAttach";
  static std::optional<Attach> parse(std::string_view arguments);
};

// Answered with OK once the process is dead.
struct Kill {
  Pid pid;
  static constexpr std::string_view name = "vKill";
  static std::optional<Kill> parse(std::string_view arguments);
};

// k: kill what is debugged. Has no reply.
struct KillAll {
  static constexpr std::string_view name = "k";
  static std::optional<KillAll> parse(std::string_view arguments);
};

struct Detach {
  std::optional<Pid> pid;  // nothing: a client without multiprocess means the only one
  static constexpr std::string_view name = "D";
  static std::optional<Detach> parse(std::string_view arguments);
};

// R: start the program again. Has no reply. What follows the letter is ignored, as the manual has it.
struct Restart {
  static constexpr std::string_view name = "R";
  static std::optional<Restart> parse(std::string_view arguments);
};

// qAttached: was the process attached to, or started here?
struct Attached {
  std::optional<Pid> pid;
  static constexpr std::string_view name = "qAttached";
  static std::optional<Attached> parse(std::string_view arguments);
};

// These hold for the next vRun and all later ones, until they are said anew. gdb sends them before each run.
struct DisableRandomization {
  bool on;
  static constexpr std::string_view name = "QDisableRandomization";
  static std::optional<DisableRandomization> parse(std::string_view arguments);
};

struct StartupWithShell {
  bool on;
  static constexpr std::string_view name = "QStartupWithShell";
  static std::optional<StartupWithShell> parse(std::string_view arguments);
};

// The variable's name is not empty and has no '='; neither has a NUL.
struct SetEnvironment {
  std::string variable;
  std::string value;
  static constexpr std::string_view name = "QEnvironmentHexEncoded";
  static std::optional<SetEnvironment> parse(std::string_view arguments);
};

struct UnsetEnvironment {
  std::string variable;
  static constexpr std::string_view name = "QEnvironmentUnset";
  static std::optional<UnsetEnvironment> parse(std::string_view arguments);
};

struct ResetEnvironment {
  static constexpr std::string_view name = "QEnvironmentReset";
  static std::optional<ResetEnvironment> parse(std::string_view arguments);
};

struct SetWorkingDirectory {
  std::string directory;  // empty: the server's own
  static constexpr std::string_view name = "QSetWorkingDir";
  static std::optional<SetWorkingDirectory> parse(std::string_view arguments);
};

}  // namespace cotrace::rsp
