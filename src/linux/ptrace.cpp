#include "linux/ptrace.h"

#include <cerrno>
#include <cstddef>
#include <elf.h>
#include <string_view>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/errno_error.h"

namespace cotrace::sys {

namespace {

// ptrace(2) takes pointers for what are often plain numbers.
void* number(std::uint64_t value) {
  return reinterpret_cast<void*>(value);
}

Result<> request(__ptrace_request what, Tid tid, void* address, void* data, std::string_view name) {
  if (::ptrace(what, tid.value, address, data) < 0) return base::fail_errno(name);
  return {};
}

// A refused debug register is about the value, not about memory, although the kernel says EIO for some of it.
Error debug_register_error(int sys_errno, std::string_view name) {
  Error error = base::errno_error(sys_errno, name);
  if (sys_errno == EIO || sys_errno == EINVAL) error.code = Errc::invalid;
  // ENOSPC and EBUSY: the slots are shared with perf_event_open(2), whose pinned breakpoints come first.
  if (sys_errno == ENOSPC || sys_errno == EBUSY) error.code = Errc::no_resources;
  return error;
}

constexpr int debug_registers = 8;

void* debug_register_offset(int index) {
  return number(offsetof(struct user, u_debugreg) + static_cast<std::size_t>(index) * sizeof(std::uint64_t));
}

__ptrace_request request_of(Run how) {
  switch (how) {
    case Run::cont:
      return PTRACE_CONT;
    case Run::syscall:
      return PTRACE_SYSCALL;
    case Run::single_step:
      return PTRACE_SINGLESTEP;
    case Run::block_step:
      return PTRACE_SINGLEBLOCK;
    case Run::listen:
      return PTRACE_LISTEN;
  }
  return PTRACE_CONT;
}

}  // namespace

// --- registers
// -------------------------------------------------------------------------------------------------------

Result<GeneralRegs> StoppedTask::general_regs() const {
  GeneralRegs regs{};
  if (auto done = request(PTRACE_GETREGS, tid_, nullptr, &regs, "PTRACE_GETREGS"); !done)
    return std::unexpected(std::move(done).error());
  return regs;
}

Result<> StoppedTask::set_general_regs(const GeneralRegs& regs) const {
  GeneralRegs copy = regs;  // ptrace(2) wants a pointer to non-const
  return request(PTRACE_SETREGS, tid_, nullptr, &copy, "PTRACE_SETREGS");
}

Result<std::vector<std::byte>> StoppedTask::xstate() const {
  // AVX-512 with PKRU needs 2696 bytes, AMX 11008. The kernel cuts the area to the buffer without an error,
  // so an answer that fills the buffer may be part of a larger one.
  constexpr std::size_t usual = 4096;
  constexpr std::size_t largest = 1U << 20;
  std::vector<std::byte> area;
  for (std::size_t size = usual; size <= largest; size *= 4) {
    area.resize(size);
    iovec buffer{area.data(), area.size()};
    if (auto done = request(PTRACE_GETREGSET, tid_, number(NT_X86_XSTATE), &buffer, "PTRACE_GETREGSET");
        !done)
      return std::unexpected(std::move(done).error());
    if (buffer.iov_len < size) {
      area.resize(buffer.iov_len);
      return area;
    }
  }
  return fail(Errc::unsupported, "the processor's XSAVE area is larger than 1 MiB");
}

Result<> StoppedTask::set_xstate(std::span<const std::byte> area) const {
  iovec buffer{const_cast<std::byte*>(area.data()), area.size()};
  auto done = request(PTRACE_SETREGSET, tid_, number(NT_X86_XSTATE), &buffer, "PTRACE_SETREGSET");
  // EFAULT or EINVAL: not as long as the processor's area, or a header with bits that it does not have.
  if (!done && done.error().code != Errc::gone) done.error().code = Errc::invalid;
  return done;
}

Result<std::uint64_t> StoppedTask::debug_register(int index) const {
  if (index < 0 || index >= debug_registers) return fail(Errc::invalid, "there is no such debug register");
  // The C library's PTRACE_PEEKUSER returns the value itself, so that only errno tells -1 from a failure.
  errno = 0;
  const long value = ::ptrace(PTRACE_PEEKUSER, tid_.value, debug_register_offset(index), nullptr);
  if (errno != 0) return std::unexpected(debug_register_error(errno, "PTRACE_PEEKUSER"));
  return static_cast<std::uint64_t>(value);
}

Result<> StoppedTask::set_debug_register(int index, std::uint64_t value) const {
  if (index < 0 || index >= debug_registers) return fail(Errc::invalid, "there is no such debug register");
  if (::ptrace(PTRACE_POKEUSER, tid_.value, debug_register_offset(index), number(value)) < 0)
    return std::unexpected(debug_register_error(errno, "PTRACE_POKEUSER"));
  return {};
}

// --- what the task stopped for
// ---------------------------------------------------------------------------------------

Result<SigInfo> StoppedTask::siginfo() const {
  SigInfo info{};
  if (auto done = request(PTRACE_GETSIGINFO, tid_, nullptr, &info, "PTRACE_GETSIGINFO"); !done)
    return std::unexpected(std::move(done).error());
  return info;
}

Result<> StoppedTask::set_siginfo(const SigInfo& info) const {
  SigInfo copy = info;
  return request(PTRACE_SETSIGINFO, tid_, nullptr, &copy, "PTRACE_SETSIGINFO");
}

Result<std::uint64_t> StoppedTask::event_message() const {
  unsigned long message = 0;
  if (auto done = request(PTRACE_GETEVENTMSG, tid_, nullptr, &message, "PTRACE_GETEVENTMSG"); !done)
    return std::unexpected(std::move(done).error());
  return message;
}

Result<__ptrace_syscall_info> StoppedTask::syscall_info() const {
  __ptrace_syscall_info info{};
  if (auto done =
          request(PTRACE_GET_SYSCALL_INFO, tid_, number(sizeof info), &info, "PTRACE_GET_SYSCALL_INFO");
      !done)
    return std::unexpected(std::move(done).error());
  return info;
}

Result<std::uint64_t> StoppedTask::signal_mask() const {
  std::uint64_t mask = 0;  // the kernel's sigset_t: 64 signals, not the C library's 1024
  if (auto done = request(PTRACE_GETSIGMASK, tid_, number(sizeof mask), &mask, "PTRACE_GETSIGMASK"); !done)
    return std::unexpected(std::move(done).error());
  return mask;
}

Result<> StoppedTask::set_options(std::uint32_t options) const {
  return request(PTRACE_SETOPTIONS, tid_, nullptr, number(options), "PTRACE_SETOPTIONS");
}

// --- letting go
// ------------------------------------------------------------------------------------------------------

Result<> StoppedTask::resume(Run how, int signal) && {
  return request(request_of(how), tid_, nullptr, number(static_cast<std::uint64_t>(signal)), "resuming");
}

Result<> StoppedTask::detach(int signal) && {
  return request(PTRACE_DETACH, tid_, nullptr, number(static_cast<std::uint64_t>(signal)), "PTRACE_DETACH");
}

// --- requests on running tasks
// ---------------------------------------------------------------------------------------

// Not PTRACE_ATTACH: that sends a SIGSTOP, which has to be told from anybody else's, and a task that was
// attached to in this way knows neither PTRACE_INTERRUPT nor PTRACE_LISTEN.
Result<> seize(Tid tid, std::uint32_t options) {
  return request(PTRACE_SEIZE, tid, nullptr, number(options), "PTRACE_SEIZE");
}

// The answer is a PTRACE_EVENT_STOP, unless another stop comes first: that one takes it along.
Result<> interrupt(Tid tid) {
  return request(PTRACE_INTERRUPT, tid, nullptr, nullptr, "PTRACE_INTERRUPT");
}

Result<> send_signal(Pid pid, Tid tid, int signal) {
  if (::syscall(SYS_tgkill, pid.value, tid.value, signal) != 0) return base::fail_errno("tgkill");
  return {};
}

Result<> send_signal(Pid pid, int signal) {
  // kill(2) gives 0, -1 and other negative numbers a meaning that nobody who has a Pid can want.
  if (pid.value <= 0) return fail(Errc::invalid, "a process id is a positive number");
  if (::kill(pid.value, signal) != 0) return base::fail_errno("kill");
  return {};
}

}  // namespace cotrace::sys
