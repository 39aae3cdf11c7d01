#include "linux/pending_signals.h"

#include <array>
#include <cerrno>
#include <sys/ptrace.h>

#include "base/errno_error.h"

namespace cotrace::sys {

namespace {

Result<std::vector<SigInfo>> peek(const StoppedTask& task, std::uint32_t flags) {
  std::vector<SigInfo> out;
  std::array<SigInfo, 8> some{};
  while (true) {
    __ptrace_peeksiginfo_args args{};
    args.off = out.size();
    args.flags = flags;
    args.nr = static_cast<std::int32_t>(some.size());
    const long got = ::ptrace(PTRACE_PEEKSIGINFO, task.tid().value, &args, some.data());
    if (got < 0) return base::fail_errno("cannot read the pending signals");
    out.insert(out.end(), some.begin(), some.begin() + got);
    if (got < static_cast<long>(some.size())) return out;
  }
}

}  // namespace

Result<std::vector<SigInfo>> pending_signals(const StoppedTask& task) {
  return peek(task, 0);
}

Result<std::vector<SigInfo>> shared_pending_signals(const StoppedTask& task) {
  return peek(task, PTRACE_PEEKSIGINFO_SHARED);
}

Result<std::uint64_t> replace_signal_mask(const StoppedTask& task, std::uint64_t mask) {
  auto before = task.signal_mask();
  if (!before) return before;
  if (::ptrace(PTRACE_SETSIGMASK, task.tid().value, sizeof mask, &mask) != 0) {
    return base::fail_errno("cannot set the signal mask");
  }
  return before;
}

}  // namespace cotrace::sys
