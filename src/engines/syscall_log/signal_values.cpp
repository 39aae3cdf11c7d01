#include "engines/syscall_log/signal_values.h"

#include <bit>
#include <csignal>
#include <cstring>

#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/flag_tables.h"
#include "engines/syscall_log/text.h"
#include "engines/syscall_log/time_values.h"

namespace cotrace::engines::syscall_log {

namespace {

constexpr int signals = 64;
// The kernel's first; glibc's SIGRTMIN is a higher one, as it keeps two for itself.
constexpr int first_realtime = 32;

// "INT", "RTMIN", "RT_1"; empty for what is no signal.
std::string short_name(int signal) {
  if (signal < 1 || signal > signals) return {};
  if (signal == first_realtime) return "RTMIN";
  if (signal > first_realtime) return fmt::format("RT_{}", signal - first_realtime);
  // It has two names.
  if (signal == SIGIO) return "IO";
  const char* name = ::sigabbrev_np(signal);
  return name == nullptr ? "" : name;
}

const Names* codes_of(int signal) {
  switch (signal) {
    case SIGCHLD:
      return &child_codes;
    case SIGSEGV:
      return &segv_codes;
    case SIGBUS:
      return &bus_codes;
    case SIGILL:
      return &ill_codes;
    case SIGFPE:
      return &fpe_codes;
    case SIGTRAP:
      return &trap_codes;
    case SIGIO:
      return &io_codes;
    default:
      return nullptr;
  }
}

std::string code_text(const SigInfo& info) {
  const auto code = static_cast<std::uint64_t>(info.si_code);
  auto name = signal_codes.find(code);
  if (const Names* own = codes_of(info.si_signo); name.empty() && own != nullptr) name = own->find(code);
  if (info.si_signo == SIGSYS && info.si_code == 1) name = "SYS_SECCOMP";
  return name.empty() ? fmt::format("{}", info.si_code) : std::string(name);
}

std::string sender_text(const SigInfo& info) {
  return fmt::format(", si_pid={}, si_uid={}", info.si_pid, info.si_uid);
}

std::string value_text(const SigInfo& info) {
  return fmt::format(", si_int={}, si_ptr={}", info.si_value.sival_int,
                     address_text(reinterpret_cast<std::uint64_t>(info.si_value.sival_ptr)));
}

std::string child_text(const SigInfo& info) {
  const bool ended = info.si_code == CLD_EXITED;
  return fmt::format("{}, si_status={}, si_utime={}, si_stime={}", sender_text(info),
                     ended ? fmt::format("{}", info.si_status) : signal_text(info.si_status),
                     clock_ticks_text(info.si_utime), clock_ticks_text(info.si_stime));
}

// Raised by the kernel, by a kind of its own for each signal.
std::string raised_text(const SigInfo& info) {
  switch (info.si_signo) {
    case SIGCHLD:
      return child_text(info);
    case SIGILL:
    case SIGFPE:
    case SIGSEGV:
    case SIGBUS:
    case SIGTRAP:
      return fmt::format(", si_addr={}", address_text(reinterpret_cast<std::uint64_t>(info.si_addr)));
    case SIGIO:
      return fmt::format(", si_band={}", info.si_band);
    case SIGSYS:
      return fmt::format(", si_call_addr={}, si_syscall={}, si_arch={:#x}",
                         address_text(reinterpret_cast<std::uint64_t>(info.si_call_addr)), info.si_syscall,
                         info.si_arch);
    default:
      return "";
  }
}

std::string detail_text(const SigInfo& info) {
  switch (info.si_code) {
    case SI_USER:
    case SI_TKILL:
      return sender_text(info);
    case SI_TIMER:
      return fmt::format(", si_timerid={:#x}, si_overrun={}{}", info.si_timerid, info.si_overrun,
                         value_text(info));
    case SI_QUEUE:
    case SI_MESGQ:
    case SI_ASYNCIO:
      return sender_text(info) + value_text(info);
    case SI_KERNEL:
      return codes_of(info.si_signo) != nullptr ? raised_text(info) : "";
    default:
      return info.si_code > 0 ? raised_text(info) : sender_text(info) + value_text(info);
  }
}

}  // namespace

std::string signal_text(int signal) {
  const auto name = short_name(signal);
  return name.empty() ? fmt::format("{}", signal) : "SIG" + name;
}

int signal_named(std::string_view name) {
  if (name.starts_with("SIG")) name.remove_prefix(3);
  for (int signal = 1; signal <= signals; ++signal) {
    if (short_name(signal) == name) return signal;
  }
  return 0;
}

std::string signal_set_text(std::uint64_t set) {
  // Of a set with most signals in it, those that are missing say more.
  const bool inverted = std::popcount(set) >= signals * 2 / 3;
  if (inverted) set = ~set;
  std::string out = inverted ? "~[" : "[";
  for (int signal = 1; signal <= signals; ++signal) {
    if ((set >> (signal - 1) & 1) == 0) continue;
    if (!out.ends_with('[')) out += ' ';
    out += short_name(signal);
  }
  return out + "]";
}

std::string siginfo_text(const SigInfo& info) {
  if (info.si_signo == 0) return "{}";
  return fmt::format("{{si_signo={}, si_code={}{}}}", signal_text(info.si_signo), code_text(info),
                     detail_text(info));
}

void print_signal(Printer& to, unsigned index) {
  to.text(signal_text(static_cast<int>(to.call.args[index])));
}

void print_signal_set_in(Printer& to, unsigned index) {
  const auto set = to.read<std::uint64_t>(to.call.args[index]);
  set ? to.text(signal_set_text(*set)) : print_address(to, index);
}

void print_signal_set_out(Printer& to, unsigned index) {
  if (!print_unwritten(to, index)) print_signal_set_in(to, index);
}

void print_siginfo_in(Printer& to, unsigned index) {
  const auto info = to.read<SigInfo>(to.call.args[index]);
  info ? to.text(siginfo_text(*info)) : print_address(to, index);
}

void print_siginfo_out(Printer& to, unsigned index) {
  if (!print_unwritten(to, index)) print_siginfo_in(to, index);
}

}  // namespace cotrace::engines::syscall_log
