// Signals.
#include <csignal>

#include "engines/syscall_log/flag_tables.h"

// Numbers stand where those headers have the name under feature macros only, or not at all.
#define NAMED COTRACE_NAMED

namespace cotrace::engines::syscall_log {

namespace {

constexpr Name names_of_mask_how[] = {NAMED(SIG_BLOCK), NAMED(SIG_UNBLOCK), NAMED(SIG_SETMASK)};
constexpr Name names_of_action_flags[] = {{0x04000000, "SA_RESTORER"}, NAMED(SA_ONSTACK),   NAMED(SA_RESTART),
                                          NAMED(SA_NODEFER),           NAMED(SA_RESETHAND), NAMED(SA_SIGINFO),
                                          NAMED(SA_NOCLDSTOP),         NAMED(SA_NOCLDWAIT)};
constexpr Name names_of_stack_flags[] = {NAMED(SS_ONSTACK), NAMED(SS_DISABLE)};
constexpr Name names_of_signal_codes[] = {NAMED(SI_USER),  NAMED(SI_KERNEL), NAMED(SI_QUEUE),
                                          NAMED(SI_TIMER), NAMED(SI_MESGQ),  NAMED(SI_ASYNCIO),
                                          NAMED(SI_SIGIO), NAMED(SI_TKILL)};
constexpr Name names_of_child_codes[] = {NAMED(CLD_EXITED),  NAMED(CLD_KILLED),  NAMED(CLD_DUMPED),
                                         NAMED(CLD_TRAPPED), NAMED(CLD_STOPPED), NAMED(CLD_CONTINUED)};
constexpr Name names_of_segv_codes[] = {NAMED(SEGV_MAPERR), NAMED(SEGV_ACCERR), NAMED(SEGV_BNDERR),
                                        NAMED(SEGV_PKUERR)};
constexpr Name names_of_bus_codes[] = {NAMED(BUS_ADRALN), NAMED(BUS_ADRERR), NAMED(BUS_OBJERR)};
constexpr Name names_of_ill_codes[] = {NAMED(ILL_ILLOPC), NAMED(ILL_ILLOPN), NAMED(ILL_ILLADR),
                                       NAMED(ILL_ILLTRP), NAMED(ILL_PRVOPC), NAMED(ILL_PRVREG),
                                       NAMED(ILL_COPROC), NAMED(ILL_BADSTK)};
constexpr Name names_of_fpe_codes[] = {NAMED(FPE_INTDIV), NAMED(FPE_INTOVF), NAMED(FPE_FLTDIV),
                                       NAMED(FPE_FLTOVF), NAMED(FPE_FLTUND), NAMED(FPE_FLTRES),
                                       NAMED(FPE_FLTINV), NAMED(FPE_FLTSUB)};
constexpr Name names_of_trap_codes[] = {NAMED(TRAP_BRKPT), NAMED(TRAP_TRACE), NAMED(TRAP_BRANCH),
                                        NAMED(TRAP_HWBKPT)};
constexpr Name names_of_io_codes[] = {NAMED(POLL_IN),  NAMED(POLL_OUT), NAMED(POLL_MSG),
                                      NAMED(POLL_ERR), NAMED(POLL_PRI), NAMED(POLL_HUP)};

}  // namespace

constinit const Names mask_how{names_of_mask_how, "SIG_?\??"};
constinit const Names action_flags{names_of_action_flags, "SA_?\??"};
constinit const Names stack_flags{names_of_stack_flags, "SS_?\??"};
constinit const Names signal_codes{names_of_signal_codes, ""};
constinit const Names child_codes{names_of_child_codes, ""};
constinit const Names segv_codes{names_of_segv_codes, ""};
constinit const Names bus_codes{names_of_bus_codes, ""};
constinit const Names ill_codes{names_of_ill_codes, ""};
constinit const Names fpe_codes{names_of_fpe_codes, ""};
constinit const Names trap_codes{names_of_trap_codes, ""};
constinit const Names io_codes{names_of_io_codes, ""};

}  // namespace cotrace::engines::syscall_log
