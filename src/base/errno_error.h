// From errno(3) to Error.
#pragma once

#include <string_view>

#include <cotrace/error.h>

namespace cotrace::base {

// ESRCH becomes gone, EPERM and EACCES not_permitted, EFAULT and EIO unmapped, ENOENT not_found, EMFILE,
// ENFILE and ENOMEM no_resources; the text is "WHAT: strerror".
Error errno_error(int sys_errno, std::string_view what);

// The same, of errno itself, ready to return.
std::unexpected<Error> fail_errno(std::string_view what);

}  // namespace cotrace::base
