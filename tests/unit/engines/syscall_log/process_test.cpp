// Calls on processes, memory, signals, time, futexes.
#include <array>
#include <csignal>
#include <functional>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "engines/syscall_log/signal_values.h"
#include "unit/engines/syscall_log/fake_program.h"

namespace cotrace::engines::syscall_log::test {
namespace {

TEST_F(Decoding, AnExecWithItsArgumentsAndTheNumberOfItsVariables) {
  const std::array<std::uint64_t, 3> arguments{program.put("ls"), program.put("-l"), 0};
  const std::array<std::uint64_t, 2> variables{program.put("A=1"), 0};
  const auto at = program.put_object(variables);
  const std::vector<std::uint64_t> args{program.put("/bin/ls"), program.put_object(arguments), at};
  EXPECT_EQ(decode("execve", args, 0),
            fmt::format(R"(execve("/bin/ls", ["ls", "-l"], {:#x} /* 1 var */) = 0)", at));
  style.abbreviate = false;
  EXPECT_EQ(decode("execve", args, 0), R"(execve("/bin/ls", ["ls", "-l"], ["A=1"]) = 0)");
}

TEST_F(Decoding, MemoryMappings) {
  EXPECT_EQ(decode("mmap", {0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, ~0ULL, 0},
                   0x7f0000000000),
            "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000");
  EXPECT_EQ(decode("mprotect", {0x1000, 4096, PROT_NONE}, 0), "mprotect(0x1000, 4096, PROT_NONE) = 0");
  EXPECT_EQ(decode("brk", {0}, 0x5000), "brk(NULL) = 0x5000");
  EXPECT_EQ(decode("mremap", {0x1000, 1, 2, MREMAP_MAYMOVE, 77}, 0x3000),
            "mremap(0x1000, 1, 2, MREMAP_MAYMOVE) = 0x3000");
}

TEST_F(Decoding, HowAChildHasEnded) {
  const auto wait = [&](int status) {
    return decode("wait4", {~0ULL, program.put_object(status), WNOHANG, 0}, 9);
  };
  EXPECT_EQ(wait(3 << 8), "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], WNOHANG, NULL) = 9");
  EXPECT_EQ(wait(SIGSEGV | 0x80),
            "wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}], WNOHANG, NULL) = 9");
  EXPECT_EQ(wait(SIGSTOP << 8 | 0x7f),
            "wait4(-1, [{WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP}], WNOHANG, NULL) = 9");
  const auto nothing = program.put_object(0);
  EXPECT_EQ(decode("wait4", {~0ULL, nothing, WNOHANG, 0}, 0),
            fmt::format("wait4(-1, {:#x}, WNOHANG, NULL) = 0", nothing));
}

TEST_F(Decoding, CloneInTheOrderOfItsMeaning) {
  EXPECT_EQ(decode("clone", {CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD, 0, 0, 0x7000}, 12),
            "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, "
            "child_tidptr=0x7000) = 12");
  clone_args how{
      .flags = CLONE_VM | CLONE_PARENT_SETTID, .exit_signal = SIGCHLD, .stack = 0x8000, .stack_size = 16};
  const std::int32_t parent = 0;
  how.parent_tid = program.put_object(parent);
  const std::int32_t id = 12;
  EXPECT_EQ(
      decode("clone3", {program.put_object(how), sizeof how}, 12,
             [&] { program.overwrite(how.parent_tid, &id, 4); }),
      fmt::format(
          "clone3({{flags=CLONE_VM|CLONE_PARENT_SETTID, parent_tid={:#x}, exit_signal=SIGCHLD, stack=0x8000, "
          "stack_size=0x10}} => {{parent_tid=[12]}}, {}) = 12",
          how.parent_tid, sizeof how));
}

TEST_F(Decoding, LimitsInKibibytes) {
  const rlimit limit{8 * 1024 * 1024, RLIM_INFINITY};
  EXPECT_EQ(decode("prlimit64", {0, RLIMIT_STACK, 0, program.put_object(limit)}, 0),
            "prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0");
}

TEST_F(Decoding, SignalSetsAreInvertedWhenMostAreIn) {
  EXPECT_EQ(signal_set_text(0), "[]");
  EXPECT_EQ(signal_set_text(1ULL << (SIGINT - 1) | 1ULL << (SIGCHLD - 1)), "[INT CHLD]");
  EXPECT_EQ(signal_set_text(~0ULL), "~[]");
  EXPECT_EQ(signal_set_text(~(3ULL << 31)), "~[RTMIN RT_1]");
  EXPECT_EQ(signal_text(34), "SIGRT_2");
  EXPECT_EQ(signal_named("SIGRT_2"), 34);
  EXPECT_EQ(signal_named("TERM"), SIGTERM);
  EXPECT_EQ(signal_named("NO"), 0);
}

TEST_F(Decoding, WhatIsKnownOfASignal) {
  SigInfo info{};
  info.si_signo = SIGSEGV;
  info.si_code = SEGV_MAPERR;
  EXPECT_EQ(siginfo_text(info), "{si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=NULL}");
  info = {};
  info.si_signo = SIGCHLD;
  info.si_code = CLD_KILLED;
  info.si_pid = 5;
  info.si_status = SIGKILL;
  EXPECT_EQ(siginfo_text(info),
            "{si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=5, si_uid=0, si_status=SIGKILL, si_utime=0, "
            "si_stime=0}");
}

TEST_F(Decoding, ActionsAndMasks) {
  const std::array<std::uint64_t, 4> action{0x1234, 0x14000000, 0x5678, 1ULL << (SIGINT - 1)};
  EXPECT_EQ(decode("rt_sigaction", {SIGTERM, program.put_object(action), 0, 8}, 0),
            "rt_sigaction(SIGTERM, {sa_handler=0x1234, sa_mask=[INT], sa_flags=SA_RESTORER|SA_RESTART, "
            "sa_restorer=0x5678}, "
            "NULL, 8) = 0");
  const std::uint64_t set = 1ULL << (SIGUSR1 - 1);
  EXPECT_EQ(decode("rt_sigprocmask", {SIG_BLOCK, program.put_object(set), 0, 8}, 0),
            "rt_sigprocmask(SIG_BLOCK, [USR1], NULL, 8) = 0");
}

TEST_F(Decoding, WhatIsLeftOfASleepOnlyWhereItWasInterrupted) {
  const timespec time{1, 5};
  const auto asked = program.put_object(time);
  const auto left = program.put_object(time);
  EXPECT_EQ(decode("nanosleep", {asked, left}, 0),
            fmt::format("nanosleep({{tv_sec=1, tv_nsec=5}}, {:#x}) = 0", left));
  EXPECT_EQ(decode("nanosleep", {asked, left}, -516),
            "nanosleep({tv_sec=1, tv_nsec=5}, {tv_sec=1, tv_nsec=5}) = ? ERESTART_RESTARTBLOCK (Interrupted "
            "by signal)");
}

TEST_F(Decoding, FutexesHaveTheArgumentsOfTheirOperation) {
  EXPECT_EQ(decode("futex", {0x1000, FUTEX_WAKE_PRIVATE, 1, 2, 3, 4}, 0),
            "futex(0x1000, FUTEX_WAKE_PRIVATE, 1) = 0");
  EXPECT_EQ(
      decode("futex", {0x1000, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0, 0, 0, 0xffffffff}, 0),
      "futex(0x1000, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 0, NULL, FUTEX_BITSET_MATCH_ANY) = 0");
  EXPECT_EQ(decode("futex", {0x1000, FUTEX_REQUEUE, 1, 1, 0x2000, 0}, 0),
            "futex(0x1000, FUTEX_REQUEUE, 1, 1, 0x2000) = 0");
}

TEST_F(Decoding, OptionsOfPrctl) {
  EXPECT_EQ(decode("prctl", {PR_SET_NAME, program.put("worker")}, 0), R"(prctl(PR_SET_NAME, "worker") = 0)");
  EXPECT_EQ(decode("prctl", {PR_GET_DUMPABLE}, 1), "prctl(PR_GET_DUMPABLE) = 1 (SUID_DUMP_USER)");
  EXPECT_EQ(decode("prctl", {PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0}, 0),
            "prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) = 0");
}

TEST_F(Decoding, ListsOfGroups) {
  const std::array<std::uint32_t, 2> groups{4, 27};
  EXPECT_EQ(decode("getgroups", {10, program.put_object(groups)}, 2), "getgroups(10, [4, 27]) = 2");
  EXPECT_EQ(decode("setresuid", {~0ULL, 1000, ~0ULL}, 0), "setresuid(-1, 1000, -1) = 0");
}

}  // namespace
}  // namespace cotrace::engines::syscall_log::test
