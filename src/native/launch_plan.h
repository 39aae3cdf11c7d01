// How programs are started: what the client has said about environment, directory and shell, and what comes
// of it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/event.h>

#include "base/fd.h"
#include "linux/launch.h"
#include "native/native_target.h"

namespace cotrace::native {

class LaunchPlan {
 public:
  explicit LaunchPlan(const TargetOptions& options);

  void set_environment(std::string name, std::optional<std::string> value);
  void reset_environment() { edits_.clear(); }
  void set_working_directory(std::string directory) { directory_ = std::move(directory); }
  [[nodiscard]] std::string working_directory() const;
  // A file for descriptor 0, 1 or 2; empty: as the server's options have it.
  void set_stream(int descriptor, std::string path);
  void forget_streams() { streams_.clear(); }
  void set_startup_with_shell(bool on) { shell_ = on; }
  void set_disable_randomization(bool on) { disable_randomization_ = on; }

  void set_program(std::vector<std::string> arguments) { program_ = std::move(arguments); }
  [[nodiscard]] const std::vector<std::string>& program() const { return program_; }

  // Of the program set last, or invalid.
  [[nodiscard]] Result<sys::LaunchSpec> spec() const;
  // Opens the files of set_stream() and puts them among the descriptors of `spec`; to be kept open until it
  // has been launched.
  Result<std::vector<base::Fd>> open_streams(sys::LaunchSpec& spec) const;
  // How many times the process execs until the program itself is there: the shell's, the wrapper's.
  [[nodiscard]] int execs() const;

  // "NAME=VALUE" of `inherited` (ends with a null pointer, environ(7)) with this plan's edits.
  [[nodiscard]] std::vector<std::string> environment(const char* const* inherited) const;

 private:
  std::vector<std::string> wrapper_;
  std::vector<std::pair<int, int>> descriptors_;
  sys::SignalState signals_;
  bool foreground_;
  bool shell_;
  bool disable_randomization_;
  std::string directory_;
  std::map<int, std::string> streams_;
  std::map<std::string, std::optional<std::string>> edits_;
  std::vector<std::string> program_;
};

// A name without a slash that is a file here means that file, as gdbserver takes it; else it is looked for in
// PATH.
std::string program_path(const std::string& name);

// Why a launched program never came to its first instruction, in gdbserver's words.
std::string startup_failure(const ExitStatus& status);

}  // namespace cotrace::native
