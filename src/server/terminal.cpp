#include "server/terminal.h"

#include <fcntl.h>
#include <unistd.h>

namespace cotrace::server {

Terminal::Terminal() : tty_(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)) {
  if (tty_.valid()) former_group_ = ::tcgetpgrp(tty_.get());
}

bool Terminal::in_foreground() const {
  return tty_.valid() && former_group_ == ::getpgrp();
}

void Terminal::take_back(Pid from) const {
  // SIGTTOU is ignored here; otherwise this call would stop us.
  if (tty_.valid() && former_group_ > 0 && ::tcgetpgrp(tty_.get()) == from.value) {
    ::tcsetpgrp(tty_.get(), former_group_);
  }
}

}  // namespace cotrace::server
