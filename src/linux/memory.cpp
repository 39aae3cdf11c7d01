#include "linux/memory.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <string>
#include <unistd.h>

#include "base/errno_error.h"

namespace cotrace::sys {

namespace {

Error gone_error() {
  return Error{Errc::gone, ESRCH, "the address space is gone: its processes have ended"};
}

Error unmapped_error(Addr address, int sys_errno) {
  return Error{Errc::unmapped, sys_errno, fmt::format("there is no memory at {:#x}", address.value)};
}

off_t offset_of(Addr address) {
  return static_cast<off_t>(address.value);
}

// What a transfer that moved nothing came to. `result` is that of pread or pwrite.
Error nothing_moved(ssize_t result, int sys_errno, Addr address) {
  // The kernel gives 0 bytes, not an error, once the last user of the address space has let it go.
  if (result == 0) return gone_error();
  // EINVAL: pread(2) takes no offset with the top bit set, and so no address in the kernel's half.
  if (sys_errno == EIO || sys_errno == EFAULT || sys_errno == EINVAL)
    return unmapped_error(address, sys_errno);
  return base::errno_error(sys_errno, fmt::format("the memory at {:#x}", address.value));
}

// Moves bytes until all are moved or the kernel moves no more. One call where all the memory is there: the
// kernel stops short only at a page that it cannot reach.
template <class Transfer>
Result<std::size_t> move_all(Addr address, std::size_t size, Transfer transfer) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t moved = transfer(done, offset_of(address + done));
    if (moved > 0) {
      done += static_cast<std::size_t>(moved);
    } else if (moved < 0 && errno == EINTR) {
      continue;
    } else if (done == 0) {
      return std::unexpected(nothing_moved(moved, errno, address));
    } else {
      break;
    }
  }
  return done;
}

}  // namespace

Result<ProcessMemory> ProcessMemory::open(Tid tid) {
  const std::string path = fmt::format("/proc/{}/mem", tid.value);
  base::Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  // A container may have /proc mounted read-only; looking is still worth something.
  if (!fd.valid() && errno == EROFS) fd = base::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.valid()) return ProcessMemory(std::move(fd));
  auto failure = base::fail_errno(fmt::format("cannot open the memory of task {}", tid.value));
  // No such file: the task has been reaped. ESRCH (Linux 6.12; before, reads give 0 bytes): it has no memory.
  if (failure.error().sys_errno == ENOENT) failure.error().code = Errc::gone;
  return failure;
}

Result<std::size_t> ProcessMemory::read(Addr address, std::span<std::byte> out) const {
  return move_all(address, out.size(), [&](std::size_t done, off_t offset) {
    return ::pread(fd_.get(), out.data() + done, out.size() - done, offset);
  });
}

Result<std::size_t> ProcessMemory::write(Addr address, std::span<const std::byte> bytes) const {
  auto written = move_all(address, bytes.size(), [&](std::size_t done, off_t offset) {
    return ::pwrite(fd_.get(), bytes.data() + done, bytes.size() - done, offset);
  });
  if (written || written.error().code == Errc::gone) return written;
  if (written.error().sys_errno == EBADF)
    return fail(Errc::not_permitted, "/proc is mounted read-only here, so memory cannot be written");
  // The same EIO stands for "nothing there" and for "there, but not for you". The second is a shared mapping
  // of a file that is open for reading only, or a kernel told to refuse (proc_mem.force_override=never or
  // =ptrace, Linux 6.12).
  std::byte probe{};
  if (::pread(fd_.get(), &probe, 1, offset_of(address)) != 1) return written;
  return std::unexpected(
      Error{Errc::not_permitted, written.error().sys_errno,
            fmt::format("the kernel refuses writes to the read-only memory at {:#x}: a shared read-only "
                        "mapping, or a kernel started with proc_mem.force_override",
                        address.value)});
}

}  // namespace cotrace::sys
