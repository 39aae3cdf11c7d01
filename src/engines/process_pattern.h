// Which processes are meant, by what they run: "exec=*/worker", "cmdline=*--rank=3*", "name=cc1".
#pragma once

#include <string>
#include <string_view>

#include <cotrace/error.h>
#include <cotrace/ids.h>

namespace cotrace::engines {

// What a process runs, read when it is first asked for: one without patterns to try costs nothing.
class ProgramOf {
 public:
  explicit ProgramOf(Tid leader) : leader_(leader) {}

  // /proc/PID/exe: of a script, its interpreter. Empty if the process is gone.
  const std::string& executable();
  // The words joined by blanks.
  const std::string& command_line();

 private:
  Tid leader_;
  bool executable_read_{false}, command_line_read_{false};
  std::string executable_, command_line_;
};

// Patterns are the shell's (glob(7)), and match the whole text; `*` matches slashes too (fnmatch(3) without
// FNM_PATHNAME), so that `*/worker` means every program of that name.
class ProcessPattern {
 public:
  // KEY=GLOB, with the keys exec (the path of the executable), name (its last part) and cmdline. Without a
  // key: name, or exec if there is a slash in it. invalid: an unknown key, or nothing to match.
  static Result<ProcessPattern> parse(std::string_view text);

  [[nodiscard]] bool matches(ProgramOf& program) const;
  // As it was written.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  enum class Key : unsigned char { exec, name, cmdline };
  ProcessPattern(std::string text, Key key, std::string glob)
      : text_(std::move(text)), key_(key), glob_(std::move(glob)) {}

  std::string text_;
  Key key_;
  std::string glob_;
};

}  // namespace cotrace::engines
