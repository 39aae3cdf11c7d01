// lldb's packets to a platform: the machine with its processes and files, no process in hand. Numbers are
// decimal but for modes and those of vFile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <cotrace/ids.h>

namespace cotrace::rsp {

// qLaunchGDBServer;host:NAME;: where can a debug server be reached? Here, in the same place.
struct LaunchGdbServer {
  static constexpr std::string_view name = "qLaunchGDBServer";
  static std::optional<LaunchGdbServer> parse(std::string_view arguments);
};

// qProcessInfoPID:PID
struct ProcessInfoOf {
  Pid pid;
  static constexpr std::string_view name = "qProcessInfoPID";
  static std::optional<ProcessInfoOf> parse(std::string_view arguments);
};

// qfProcessInfo:KEY:VALUE;...: the first process that fits; qsProcessInfo: the next. What is left out fits.
struct FirstProcess {
  enum class Match : std::uint8_t { equals, starts_with, ends_with, contains, regex };
  std::optional<std::string> program;  // by `match`
  Match match{Match::equals};
  std::optional<Pid> pid, parent;
  std::optional<std::uint32_t> uid, gid, euid, egid;
  bool all_users{false};
  static constexpr std::string_view name = "qfProcessInfo";
  static std::optional<FirstProcess> parse(std::string_view arguments);
};
struct NextProcess {
  static constexpr std::string_view name = "qsProcessInfo";
  static std::optional<NextProcess> parse(std::string_view arguments);
};

// qUserName:UID, qGroupName:GID
struct UserName {
  std::uint32_t uid;
  static constexpr std::string_view name = "qUserName";
  static std::optional<UserName> parse(std::string_view arguments);
};
struct GroupName {
  std::uint32_t gid;
  static constexpr std::string_view name = "qGroupName";
  static std::optional<GroupName> parse(std::string_view arguments);
};

// qPlatform_shell:COMMAND,TIMEOUT[,DIRECTORY]; the timeout in seconds, in hexadecimal.
struct Shell {
  std::string command;
  std::optional<std::uint32_t> seconds;  // nothing: as long as it takes
  std::string directory;                 // empty: that of qGetWorkingDir
  static constexpr std::string_view name = "qPlatform_shell";
  static std::optional<Shell> parse(std::string_view arguments);
};

// qPlatform_mkdir:MODE,PATH and qPlatform_chmod:MODE,PATH
struct MakeDirectory {
  std::uint32_t mode;
  std::string path;
  static constexpr std::string_view name = "qPlatform_mkdir";
  static std::optional<MakeDirectory> parse(std::string_view arguments);
};
struct ChangeMode {
  std::uint32_t mode;
  std::string path;
  static constexpr std::string_view name = "qPlatform_chmod";
  static std::optional<ChangeMode> parse(std::string_view arguments);
};

// qPathComplete:ONLY_DIRECTORIES,PATH
struct CompletePath {
  bool only_directories;
  std::string path;
  static constexpr std::string_view name = "qPathComplete";
  static std::optional<CompletePath> parse(std::string_view arguments);
};

// vFile:size:PATH, vFile:mode:PATH, vFile:exists:PATH, vFile:symlink:TARGET,LINK
struct FileSize {
  std::string path;
  static constexpr std::string_view name = "vFile:size";
  static std::optional<FileSize> parse(std::string_view arguments);
};
struct FileMode {
  std::string path;
  static constexpr std::string_view name = "vFile:mode";
  static std::optional<FileMode> parse(std::string_view arguments);
};
struct FileExists {
  std::string path;
  static constexpr std::string_view name = "vFile:exists";
  static std::optional<FileExists> parse(std::string_view arguments);
};
struct FileSymlink {
  std::string target;
  std::string link;
  static constexpr std::string_view name = "vFile:symlink";
  static std::optional<FileSymlink> parse(std::string_view arguments);
};

}  // namespace cotrace::rsp
