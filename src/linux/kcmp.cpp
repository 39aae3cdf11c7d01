#include "linux/kcmp.h"

#include <cerrno>
#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/errno_error.h"

namespace cotrace::sys {

Result<bool> share_memory(Tid a, Tid b) {
  const long order = ::syscall(SYS_kcmp, a.value, b.value, KCMP_VM, 0, 0);
  if (order >= 0) return order == 0;
  Error error = base::errno_error(errno, "kcmp");
  if (error.sys_errno == ENOSYS) error.code = Errc::unsupported;
  return std::unexpected(std::move(error));
}

}  // namespace cotrace::sys
