#include "base/errno_error.h"

#include <cerrno>
#include <string>
#include <system_error>

namespace cotrace::base {

namespace {

Errc errc_of(int sys_errno) {
  switch (sys_errno) {
    case ESRCH:
      return Errc::gone;
    case EPERM:
    case EACCES:
      return Errc::not_permitted;
    // ptrace(2) and /proc/PID/mem say EIO where other calls say EFAULT.
    case EFAULT:
    case EIO:
      return Errc::unmapped;
    case ENOENT:
      return Errc::not_found;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Errc::no_resources;
    default:
      return Errc::system;
  }
}

}  // namespace

Error errno_error(int sys_errno, std::string_view what) {
  std::string text{what};
  text += ": ";
  // strerror(3) behind a wrapper that returns a copy, so it may be called from any thread.
  text += std::generic_category().message(sys_errno);
  return Error{errc_of(sys_errno), sys_errno, std::move(text)};
}

std::unexpected<Error> fail_errno(std::string_view what) {
  // Read before anything that could allocate, and so change it, is called.
  const int saved = errno;
  return std::unexpected(errno_error(saved, what));
}

}  // namespace cotrace::base
