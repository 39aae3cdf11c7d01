// Requests of ptrace(2), on a task that is known to be stopped.
//
// Namespace `sys`, since `linux` is a predefined macro in gnu++ modes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/event.h>
#include <cotrace/ids.h>

namespace cotrace::sys {

using GeneralRegs = user_regs_struct;

// What a task shall do when it goes on.
enum class Run : std::uint8_t {
  cont,         // PTRACE_CONT
  syscall,      // PTRACE_SYSCALL: stop at the next entry or exit of a system call
  single_step,  // PTRACE_SINGLESTEP
  block_step,   // PTRACE_SINGLEBLOCK
  listen,       // PTRACE_LISTEN: stay in the group-stop, hear of SIGCONT
};

// The permission to make ptrace requests on one stopped task. Made by the wait that saw it stop; consumed by
// resuming or detaching. A request can still fail with Errc::gone at any moment, because SIGKILL can: that is
// an outcome.
class StoppedTask {
 public:
  explicit StoppedTask(Tid tid) : tid_(tid) {}  // the caller has just seen it stop
  StoppedTask(StoppedTask&&) noexcept = default;
  StoppedTask& operator=(StoppedTask&&) noexcept = default;
  StoppedTask(const StoppedTask&) = delete;
  StoppedTask& operator=(const StoppedTask&) = delete;

  [[nodiscard]] Tid tid() const { return tid_; }

  // General registers, always in the 64-bit layout (PTRACE_GETREGS), of 32-bit programs too.
  Result<GeneralRegs> general_regs() const;
  Result<> set_general_regs(const GeneralRegs& regs) const;
  // The XSAVE area (PTRACE_GETREGSET, NT_X86_XSTATE), in the processor's standard layout.
  Result<std::vector<std::byte>> xstate() const;
  Result<> set_xstate(std::span<const std::byte> area) const;
  // Debug register 0..7 (PTRACE_PEEKUSER / POKEUSER at u_debugreg).
  Result<std::uint64_t> debug_register(int index) const;
  Result<> set_debug_register(int index, std::uint64_t value) const;

  Result<SigInfo> siginfo() const;
  Result<> set_siginfo(const SigInfo& info) const;
  Result<std::uint64_t> event_message() const;
  // PTRACE_GET_SYSCALL_INFO; op is PTRACE_SYSCALL_INFO_ENTRY, _EXIT, _SECCOMP or _NONE.
  Result<__ptrace_syscall_info> syscall_info() const;
  // Signals blocked by the task (PTRACE_GETSIGMASK).
  Result<std::uint64_t> signal_mask() const;
  Result<> set_options(std::uint32_t options) const;

  // These consume the permission: on success the task runs, on failure it is gone.
  // `signal`: what to deliver, 0 for none; ignored by the kernel where the stop is no signal-delivery-stop.
  Result<> resume(Run how, int signal) &&;
  Result<> detach(int signal) &&;

 private:
  Tid tid_;
};

// PTRACE_SEIZE: attaches without stopping. Errors: not_permitted, already_traced are told apart by
// diagnose_attach().
Result<> seize(Tid tid, std::uint32_t options);
// PTRACE_INTERRUPT: asks a seized task to stop. A task inside vfork does not (state D), and nothing comes;
// nor from one that is dead and not reaped, for which this succeeds, too.
Result<> interrupt(Tid tid);
// tgkill(2).
Result<> send_signal(Pid pid, Tid tid, int signal);
// kill(2) of a whole process.
Result<> send_signal(Pid pid, int signal);

}  // namespace cotrace::sys
