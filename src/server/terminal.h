// The controlling terminal and whose turn on it it is.
#pragma once

#include <sys/types.h>

#include <cotrace/ids.h>

#include "base/fd.h"

namespace cotrace::server {

// A debugged program gets the terminal (it must be able to read, and Ctrl-C is for it); this takes it back
// when the program is gone, for otherwise nothing typed there would reach anybody.
class Terminal {
 public:
  Terminal();  // of this process; none is fine

  // This process's group has the terminal: only then may it be given to a program. A server in the background
  // must not take it from the shell.
  [[nodiscard]] bool in_foreground() const;
  // If the group of that process (its leader's id) has the terminal, the group gets it that had it at first.
  void take_back(Pid from) const;

 private:
  base::Fd tty_;
  pid_t former_group_{-1};
};

}  // namespace cotrace::server
