#include "engines/signal_text.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <fmt/format.h>

namespace cotrace::engines {

namespace {

struct CodeName {
  int signal;  // 0: any
  int code;
  std::string_view name;
};

// Where the C library has no name for what newer kernels tell, the number is sigaction(2)'s.
constexpr int segv_acc_adi = 5;
constexpr int trap_unknown = 5;

constexpr auto code_names = std::to_array<CodeName>({
    {SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR"},
    {SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR"},
    {SIGSEGV, SEGV_BNDERR, "SEGV_BNDERR"},
    {SIGSEGV, SEGV_PKUERR, "SEGV_PKUERR"},
    {SIGSEGV, segv_acc_adi, "SEGV_ACCADI"},
    {SIGBUS, BUS_ADRALN, "BUS_ADRALN"},
    {SIGBUS, BUS_ADRERR, "BUS_ADRERR"},
    {SIGBUS, BUS_OBJERR, "BUS_OBJERR"},
    {SIGBUS, BUS_MCEERR_AR, "BUS_MCEERR_AR"},
    {SIGBUS, BUS_MCEERR_AO, "BUS_MCEERR_AO"},
    {SIGFPE, FPE_INTDIV, "FPE_INTDIV"},
    {SIGFPE, FPE_INTOVF, "FPE_INTOVF"},
    {SIGFPE, FPE_FLTDIV, "FPE_FLTDIV"},
    {SIGFPE, FPE_FLTOVF, "FPE_FLTOVF"},
    {SIGFPE, FPE_FLTUND, "FPE_FLTUND"},
    {SIGFPE, FPE_FLTRES, "FPE_FLTRES"},
    {SIGFPE, FPE_FLTINV, "FPE_FLTINV"},
    {SIGFPE, FPE_FLTSUB, "FPE_FLTSUB"},
    {SIGILL, ILL_ILLOPC, "ILL_ILLOPC"},
    {SIGILL, ILL_ILLOPN, "ILL_ILLOPN"},
    {SIGILL, ILL_ILLADR, "ILL_ILLADR"},
    {SIGILL, ILL_ILLTRP, "ILL_ILLTRP"},
    {SIGILL, ILL_PRVOPC, "ILL_PRVOPC"},
    {SIGILL, ILL_PRVREG, "ILL_PRVREG"},
    {SIGILL, ILL_COPROC, "ILL_COPROC"},
    {SIGILL, ILL_BADSTK, "ILL_BADSTK"},
    {SIGTRAP, TRAP_BRKPT, "TRAP_BRKPT"},
    {SIGTRAP, TRAP_TRACE, "TRAP_TRACE"},
    {SIGTRAP, TRAP_BRANCH, "TRAP_BRANCH"},
    {SIGTRAP, TRAP_HWBKPT, "TRAP_HWBKPT"},
    {SIGTRAP, trap_unknown, "TRAP_UNK"},
    {SIGSYS, 1, "SYS_SECCOMP"},
    {SIGSYS, 2, "SYS_USER_DISPATCH"},
    {SIGCHLD, CLD_EXITED, "CLD_EXITED"},
    {SIGCHLD, CLD_KILLED, "CLD_KILLED"},
    {SIGCHLD, CLD_DUMPED, "CLD_DUMPED"},
    {SIGCHLD, CLD_TRAPPED, "CLD_TRAPPED"},
    {SIGCHLD, CLD_STOPPED, "CLD_STOPPED"},
    {SIGCHLD, CLD_CONTINUED, "CLD_CONTINUED"},
    {0, SI_USER, "SI_USER"},
    {0, SI_QUEUE, "SI_QUEUE"},
    {0, SI_TIMER, "SI_TIMER"},
    {0, SI_MESGQ, "SI_MESGQ"},
    {0, SI_ASYNCIO, "SI_ASYNCIO"},
    {0, SI_SIGIO, "SI_SIGIO"},
    {0, SI_TKILL, "SI_TKILL"},
    {0, SI_KERNEL, "SI_KERNEL"},
});

bool is_fault(int signal) {
  constexpr auto faults = std::to_array({SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS});
  return std::ranges::find(faults, signal) != faults.end();
}

}  // namespace

std::string signal_name(int signal) {
  // The kernel's first real-time signal is 32, but the C library keeps two or three for itself and counts
  // from there; SIGRTMIN of signal(7) is what programs use.
  if (signal >= SIGRTMIN && signal <= SIGRTMAX)
    return signal == SIGRTMIN ? "SIGRTMIN" : fmt::format("SIGRTMIN+{}", signal - SIGRTMIN);
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
}

std::string_view code_name(int signal, int code) {
  const auto at = std::ranges::find_if(code_names, [&](const CodeName& known) {
    return known.code == code && (known.signal == 0 || known.signal == signal);
  });
  return at == code_names.end() ? std::string_view{} : at->name;
}

bool has_fault_address(const SigInfo& info) {
  // A general protection fault (an address that is none, a privileged instruction) comes as SI_KERNEL and
  // without its address.
  return is_fault(info.si_signo) && info.si_code > 0 && info.si_code != SI_KERNEL && info.si_signo != SIGSYS;
}

bool has_sender(const SigInfo& info) {
  return info.si_code == SI_USER || info.si_code == SI_TKILL || info.si_code == SI_QUEUE;
}

std::string text_of(const SigInfo& info) {
  const auto code = code_name(info.si_signo, info.si_code);
  std::string text = signal_name(info.si_signo);
  text += code.empty() ? fmt::format(" (code {})", info.si_code) : fmt::format(" ({})", code);
  if (has_fault_address(info))
    text += fmt::format(" at 0x{:x}", reinterpret_cast<std::uintptr_t>(info.si_addr));
  if (has_sender(info)) text += fmt::format(" from process {} of user {}", info.si_pid, info.si_uid);
  if (info.si_signo == SIGSYS && info.si_code == 1) text += fmt::format(", system call {}", info.si_syscall);
  return text;
}

std::string text_of(const ExitStatus& status) {
  if (!status.signalled) return fmt::format("exited with {}", status.code);
  return fmt::format("killed by {}{}", signal_name(status.code), status.core_dumped ? " (core dumped)" : "");
}

}  // namespace cotrace::engines
