// Processes, scheduling, futexes.
#include <asm/prctl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "engines/syscall_log/flag_tables.h"

// Numbers stand where those headers have the name under feature macros only, or not at all.
#define NAMED COTRACE_NAMED

namespace cotrace::engines::syscall_log {

namespace {

constexpr Name names_of_clone_flags[] = {NAMED(CLONE_NEWTIME),
                                         NAMED(CLONE_VM),
                                         NAMED(CLONE_FS),
                                         NAMED(CLONE_FILES),
                                         NAMED(CLONE_SIGHAND),
                                         NAMED(CLONE_PIDFD),
                                         NAMED(CLONE_PTRACE),
                                         NAMED(CLONE_VFORK),
                                         NAMED(CLONE_PARENT),
                                         NAMED(CLONE_THREAD),
                                         NAMED(CLONE_NEWNS),
                                         NAMED(CLONE_SYSVSEM),
                                         NAMED(CLONE_SETTLS),
                                         NAMED(CLONE_PARENT_SETTID),
                                         NAMED(CLONE_CHILD_CLEARTID),
                                         NAMED(CLONE_DETACHED),
                                         NAMED(CLONE_UNTRACED),
                                         NAMED(CLONE_CHILD_SETTID),
                                         NAMED(CLONE_NEWCGROUP),
                                         NAMED(CLONE_NEWUTS),
                                         NAMED(CLONE_NEWIPC),
                                         NAMED(CLONE_NEWUSER),
                                         NAMED(CLONE_NEWPID),
                                         NAMED(CLONE_NEWNET),
                                         NAMED(CLONE_IO)};
constexpr Name names_of_wait_options[] = {NAMED(WNOHANG),    NAMED(WUNTRACED), NAMED(WEXITED),
                                          NAMED(WCONTINUED), NAMED(WNOWAIT),   NAMED(__WNOTHREAD),
                                          NAMED(__WALL),     NAMED(__WCLONE)};
constexpr Name names_of_wait_id_types[] = {NAMED(P_ALL), NAMED(P_PID), NAMED(P_PGID), NAMED(P_PIDFD)};
constexpr Name names_of_resources[] = {
    NAMED(RLIMIT_CPU),      NAMED(RLIMIT_FSIZE), NAMED(RLIMIT_DATA),   NAMED(RLIMIT_STACK),
    NAMED(RLIMIT_CORE),     NAMED(RLIMIT_RSS),   NAMED(RLIMIT_NPROC),  NAMED(RLIMIT_NOFILE),
    NAMED(RLIMIT_MEMLOCK),  NAMED(RLIMIT_AS),    NAMED(RLIMIT_LOCKS),  NAMED(RLIMIT_SIGPENDING),
    NAMED(RLIMIT_MSGQUEUE), NAMED(RLIMIT_NICE),  NAMED(RLIMIT_RTPRIO), NAMED(RLIMIT_RTTIME)};
constexpr Name names_of_usage_who[] = {NAMED(RUSAGE_SELF), NAMED(RUSAGE_CHILDREN), NAMED(RUSAGE_THREAD)};
constexpr Name names_of_priority_which[] = {NAMED(PRIO_PROCESS), NAMED(PRIO_PGRP), NAMED(PRIO_USER)};
constexpr Name names_of_schedulers[] = {NAMED(SCHED_OTHER),   NAMED(SCHED_FIFO), NAMED(SCHED_RR),
                                        NAMED(SCHED_BATCH),   NAMED(SCHED_ISO),  NAMED(SCHED_IDLE),
                                        NAMED(SCHED_DEADLINE)};
constexpr Name names_of_prctl_options[] = {NAMED(PR_SET_PDEATHSIG),
                                           NAMED(PR_GET_PDEATHSIG),
                                           NAMED(PR_GET_DUMPABLE),
                                           NAMED(PR_SET_DUMPABLE),
                                           NAMED(PR_GET_KEEPCAPS),
                                           NAMED(PR_SET_KEEPCAPS),
                                           NAMED(PR_SET_TIMING),
                                           NAMED(PR_GET_TIMING),
                                           NAMED(PR_SET_NAME),
                                           NAMED(PR_GET_NAME),
                                           NAMED(PR_GET_SECCOMP),
                                           NAMED(PR_SET_SECCOMP),
                                           NAMED(PR_CAPBSET_READ),
                                           NAMED(PR_CAPBSET_DROP),
                                           NAMED(PR_GET_TSC),
                                           NAMED(PR_SET_TSC),
                                           NAMED(PR_GET_SECUREBITS),
                                           NAMED(PR_SET_SECUREBITS),
                                           NAMED(PR_SET_TIMERSLACK),
                                           NAMED(PR_GET_TIMERSLACK),
                                           NAMED(PR_MCE_KILL),
                                           NAMED(PR_MCE_KILL_GET),
                                           NAMED(PR_SET_MM),
                                           NAMED(PR_SET_PTRACER),
                                           NAMED(PR_SET_CHILD_SUBREAPER),
                                           NAMED(PR_GET_CHILD_SUBREAPER),
                                           NAMED(PR_SET_NO_NEW_PRIVS),
                                           NAMED(PR_GET_NO_NEW_PRIVS),
                                           NAMED(PR_GET_TID_ADDRESS),
                                           NAMED(PR_SET_THP_DISABLE),
                                           NAMED(PR_GET_THP_DISABLE),
                                           NAMED(PR_CAP_AMBIENT),
                                           NAMED(PR_GET_SPECULATION_CTRL),
                                           NAMED(PR_SET_SPECULATION_CTRL),
                                           NAMED(PR_SET_IO_FLUSHER),
                                           NAMED(PR_GET_IO_FLUSHER),
                                           NAMED(PR_SET_SYSCALL_USER_DISPATCH),
                                           NAMED(PR_SCHED_CORE),
                                           NAMED(PR_SET_VMA)};
constexpr Name names_of_arch_prctl_codes[] = {
    NAMED(ARCH_SET_GS),       NAMED(ARCH_SET_FS),      NAMED(ARCH_GET_FS),
    NAMED(ARCH_GET_GS),       NAMED(ARCH_GET_CPUID),   NAMED(ARCH_SET_CPUID),
    NAMED(ARCH_MAP_VDSO_X32), NAMED(ARCH_MAP_VDSO_32), NAMED(ARCH_MAP_VDSO_64)};
constexpr Name names_of_futex_commands[] = {
    NAMED(FUTEX_WAIT),           NAMED(FUTEX_WAKE),        NAMED(FUTEX_FD),
    NAMED(FUTEX_REQUEUE),        NAMED(FUTEX_CMP_REQUEUE), NAMED(FUTEX_WAKE_OP),
    NAMED(FUTEX_LOCK_PI),        NAMED(FUTEX_UNLOCK_PI),   NAMED(FUTEX_TRYLOCK_PI),
    NAMED(FUTEX_WAIT_BITSET),    NAMED(FUTEX_WAKE_BITSET), NAMED(FUTEX_WAIT_REQUEUE_PI),
    NAMED(FUTEX_CMP_REQUEUE_PI), NAMED(FUTEX_LOCK_PI2)};
constexpr Name names_of_ptrace_requests[] = {
    NAMED(PTRACE_TRACEME),     NAMED(PTRACE_PEEKTEXT),   NAMED(PTRACE_PEEKDATA),
    NAMED(PTRACE_PEEKUSER),    NAMED(PTRACE_POKETEXT),   NAMED(PTRACE_POKEDATA),
    NAMED(PTRACE_POKEUSER),    NAMED(PTRACE_CONT),       NAMED(PTRACE_KILL),
    NAMED(PTRACE_SINGLESTEP),  NAMED(PTRACE_GETREGS),    NAMED(PTRACE_SETREGS),
    NAMED(PTRACE_GETFPREGS),   NAMED(PTRACE_SETFPREGS),  NAMED(PTRACE_ATTACH),
    NAMED(PTRACE_DETACH),      NAMED(PTRACE_SYSCALL),    NAMED(PTRACE_SETOPTIONS),
    NAMED(PTRACE_GETEVENTMSG), NAMED(PTRACE_GETSIGINFO), NAMED(PTRACE_SETSIGINFO),
    NAMED(PTRACE_GETREGSET),   NAMED(PTRACE_SETREGSET),  NAMED(PTRACE_SEIZE),
    NAMED(PTRACE_INTERRUPT),   NAMED(PTRACE_LISTEN),     NAMED(PTRACE_GET_SYSCALL_INFO)};
constexpr Name names_of_personalities[] = {NAMED(PER_LINUX)};
constexpr Name names_of_personality_flags[] = {
    NAMED(ADDR_NO_RANDOMIZE), NAMED(MMAP_PAGE_ZERO),   NAMED(ADDR_COMPAT_LAYOUT),
    NAMED(READ_IMPLIES_EXEC), NAMED(ADDR_LIMIT_32BIT), NAMED(SHORT_INODE),
    NAMED(WHOLE_SECONDS),     NAMED(STICKY_TIMEOUTS),  NAMED(ADDR_LIMIT_3GB)};
constexpr Name names_of_seccomp_operations[] = {
    NAMED(SECCOMP_SET_MODE_STRICT), NAMED(SECCOMP_SET_MODE_FILTER), NAMED(SECCOMP_GET_ACTION_AVAIL),
    NAMED(SECCOMP_GET_NOTIF_SIZES)};
constexpr Name names_of_seccomp_flags[] = {
    NAMED(SECCOMP_FILTER_FLAG_TSYNC), NAMED(SECCOMP_FILTER_FLAG_LOG), NAMED(SECCOMP_FILTER_FLAG_SPEC_ALLOW),
    NAMED(SECCOMP_FILTER_FLAG_NEW_LISTENER), NAMED(SECCOMP_FILTER_FLAG_TSYNC_ESRCH)};

}  // namespace

constinit const Names clone_flags{names_of_clone_flags, "CLONE_?\??"};
constinit const Names wait_options{names_of_wait_options, "W?\??"};
constinit const Names wait_id_types{names_of_wait_id_types, "P_?\??"};
constinit const Names resources{names_of_resources, "RLIMIT_?\??"};
constinit const Names usage_who{names_of_usage_who, "RUSAGE_?\??"};
constinit const Names priority_which{names_of_priority_which, "PRIO_?\??"};
constinit const Names schedulers{names_of_schedulers, "SCHED_?\??"};
constinit const Names prctl_options{names_of_prctl_options, "PR_?\??"};
constinit const Names arch_prctl_codes{names_of_arch_prctl_codes, "ARCH_?\??"};
constinit const Names futex_commands{names_of_futex_commands, "FUTEX_?\??"};
constinit const Names ptrace_requests{names_of_ptrace_requests, "PTRACE_?\??"};
constinit const Names personalities{names_of_personalities, ""};
constinit const Names personality_flags{names_of_personality_flags, "PER_?\??"};
constinit const Names seccomp_operations{names_of_seccomp_operations, "SECCOMP_SET_MODE_?\??"};
constinit const Names seccomp_flags{names_of_seccomp_flags, "SECCOMP_FILTER_FLAG_?\??"};

}  // namespace cotrace::engines::syscall_log
