// Signals in words.
#pragma once

#include <string>
#include <string_view>

#include <cotrace/event.h>

namespace cotrace::engines {

// "SIGSEGV", "SIGRTMIN+3"; "signal 99" for what is none.
std::string signal_name(int signal);
// "SEGV_MAPERR", "SI_USER" ... (sigaction(2)); empty for a code that has no name.
std::string_view code_name(int signal, int code);
// Whether the code says that si_addr is where something went wrong.
bool has_fault_address(const SigInfo& info);
// Whether the code says that a process sent it, and si_pid and si_uid which one.
bool has_sender(const SigInfo& info);
// "SIGSEGV (SEGV_MAPERR) at 0x10", "SIGABRT (SI_TKILL) from process 12 of user 0".
std::string text_of(const SigInfo& info);
// "exited with 3", "killed by SIGSEGV".
std::string text_of(const ExitStatus& status);

}  // namespace cotrace::engines
