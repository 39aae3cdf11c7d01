// Calls on signals.
#include <csignal>

#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/families.h"
#include "engines/syscall_log/flag_tables.h"
#include "engines/syscall_log/signal_values.h"
#include "engines/syscall_log/text.h"
#include "engines/syscall_log/time_values.h"

namespace cotrace::engines::syscall_log {

namespace {

// The kernel's, which is not the C library's (rt_sigaction in sigaction(2)).
struct KernelAction {
  std::uint64_t handler;
  std::uint64_t flags;
  std::uint64_t restorer;
  std::uint64_t mask;
};

std::string handler_text(std::uint64_t handler) {
  if (handler == reinterpret_cast<std::uint64_t>(SIG_DFL)) return "SIG_DFL";
  if (handler == reinterpret_cast<std::uint64_t>(SIG_IGN)) return "SIG_IGN";
  if (handler == reinterpret_cast<std::uint64_t>(SIG_ERR)) return "SIG_ERR";
  return fmt::format("{:#x}", handler);
}

std::string action_text(Printer&, const KernelAction& action) {
  constexpr std::uint64_t with_restorer = 0x04000000;
  auto out = fmt::format("{{sa_handler={}, sa_mask={}, sa_flags={}", handler_text(action.handler),
                         signal_set_text(action.mask), flags_text(action_flags, action.flags));
  if ((action.flags & with_restorer) != 0)
    out += fmt::format(", sa_restorer={}", address_text(action.restorer));
  return out + "}";
}

std::string stack_text(Printer&, const stack_t& stack) {
  return fmt::format("{{ss_sp={}, ss_flags={}, ss_size={}}}",
                     address_text(reinterpret_cast<std::uint64_t>(stack.ss_sp)),
                     flags_text(stack_flags, static_cast<std::uint32_t>(stack.ss_flags)), stack.ss_size);
}

// The mask that the program goes back to, from the frame that the kernel has put on its stack: a ucontext
// (of 64-bit programs), in which the mask comes after flags, link, stack and the registers.
void print_returning_mask(Printer& to, unsigned) {
  constexpr std::uint64_t registers = 256;
  constexpr std::uint64_t mask_at = 8 + 8 + sizeof(stack_t) + registers;
  const auto mask = to.read<std::uint64_t>(to.call.stack_pointer + mask_at);
  if (mask && to.call.stack_pointer != 0) to.format("{{mask={}}}", signal_set_text(*mask));
}

using namespace words;  // NOLINT(google-build-using-namespace): what the table below is written in

constexpr Argument action_in = object_in<KernelAction, action_text>;
constexpr Argument action_out = object_out<KernelAction, action_text>;

constexpr Signature table[] = {
    {"rt_sigaction", {signal_number, action_in, action_out, size}},
    {"rt_sigprocmask", {value<mask_how>, signal_set_in, signal_set_out, size}},
    {"rt_sigpending", {signal_set_out, size}},
    {"rt_sigsuspend", {signal_set_in, size}},
    {"rt_sigtimedwait", {signal_set_in, siginfo_out, timespec_in, size}},
    {"rt_sigqueueinfo", {process, signal_number, siginfo_in}},
    {"rt_tgsigqueueinfo", {process, process, signal_number, siginfo_in}},
    {"rt_sigreturn", {{{print_returning_mask}}}},
    {"sigaltstack", {object_in<stack_t, stack_text>, object_out<stack_t, stack_text>}},
    {"kill", {process, signal_number}},
    {"tkill", {process, signal_number}},
    {"tgkill", {process, process, signal_number}},
    {"pidfd_send_signal", {descriptor, signal_number, siginfo_in, hexadecimal_32}},
    {"pause", {}},
    {"signalfd", {descriptor, signal_set_in, size}, Returns::descriptor},
    {"signalfd4", {descriptor, signal_set_in, size, flags<signalfd_flags>}, Returns::descriptor},
    {"restart_syscall", {}},
};

}  // namespace

Signatures signal_calls() {
  return table;
}

}  // namespace cotrace::engines::syscall_log
