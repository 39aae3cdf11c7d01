#include "linux/ptrace.h"

#include <cstring>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <sys/syscall.h>

#include "linux/signals.h"
#include "unit/linux/child.h"

namespace cotrace::sys::test {
namespace {

constexpr int syscall_stop = SIGTRAP | 0x80;

TEST(Ptrace, GeneralRegistersComeBackAsWritten) {
  Child child(pause_for_ever);
  StoppedTask task = seized_and_stopped(child.tid());
  auto regs = task.general_regs();
  ASSERT_TRUE(regs);
  EXPECT_NE(regs->rip, 0U);
  regs->r12 = 0x1122334455667788;
  regs->rbx ^= ~0ULL;
  ASSERT_TRUE(task.set_general_regs(*regs));
  const auto again = task.general_regs();
  ASSERT_TRUE(again);
  EXPECT_EQ(std::memcmp(&*regs, &*again, sizeof *regs), 0);
}

TEST(Ptrace, BadGeneralRegistersAreRefused) {
  Child child(pause_for_ever);
  const StoppedTask task = seized_and_stopped(child.tid());
  auto regs = task.general_regs();
  ASSERT_TRUE(regs);
  regs->cs = 0;  // no user code segment
  EXPECT_FALSE(task.set_general_regs(*regs));
}

TEST(Ptrace, XstateComesBackAsWritten) {
  constexpr std::size_t xmm0 = 160;
  constexpr std::size_t xstate_bv = 512;
  Child child(pause_for_ever);
  const StoppedTask task = seized_and_stopped(child.tid());
  auto area = task.xstate();
  ASSERT_TRUE(area);
  ASSERT_GE(area->size(), 576U);
  for (std::size_t i = 0; i < 16; ++i) (*area)[xmm0 + i] = static_cast<std::byte>(i + 1);
  (*area)[xstate_bv] |= std::byte{2};
  ASSERT_TRUE(task.set_xstate(*area));
  const auto again = task.xstate();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->size(), area->size());
  EXPECT_EQ(std::memcmp(again->data() + xmm0, area->data() + xmm0, 16), 0);
}

TEST(Ptrace, XstateOfTheWrongSizeIsInvalid) {
  Child child(pause_for_ever);
  const StoppedTask task = seized_and_stopped(child.tid());
  const auto refused = task.set_xstate(std::vector<std::byte>(10));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid);
}

TEST(Ptrace, DebugRegisters) {
  Child child(pause_for_ever);
  const StoppedTask task = seized_and_stopped(child.tid());
  ASSERT_TRUE(task.set_debug_register(0, 0x1000));
  EXPECT_EQ(task.debug_register(0), 0x1000U);
  EXPECT_EQ(task.debug_register(1), 0U);
  for (int index : {-1, 8, 1000000}) {
    EXPECT_EQ(task.debug_register(index).error().code, Errc::invalid);
    EXPECT_EQ(task.set_debug_register(index, 0).error().code, Errc::invalid);
  }
  // Length 2 (binary 10 is 8 bytes, 01 is 2) at an odd address is a combination the processor does not have.
  ASSERT_TRUE(task.set_debug_register(0, 0x1001));
  const auto refused = task.set_debug_register(7, 0x1 | 0x7ULL << 16);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid);
}

TEST(Ptrace, SiginfoIsReadAndReplaced) {
  Child child(pause_for_ever);
  ASSERT_TRUE(seize(child.tid(), 0));
  ASSERT_TRUE(send_signal(child.pid(), child.tid(), SIGUSR1));
  ASSERT_EQ(next_status(child.tid()) >> 8, SIGUSR1);
  const StoppedTask task(child.tid());
  auto info = task.siginfo();
  ASSERT_TRUE(info);
  EXPECT_EQ(info->si_signo, SIGUSR1);
  EXPECT_EQ(info->si_code, SI_TKILL);
  EXPECT_EQ(info->si_pid, ::getpid());
  info->si_value.sival_int = 4711;
  ASSERT_TRUE(task.set_siginfo(*info));
  EXPECT_EQ(task.siginfo()->si_value.sival_int, 4711);
}

TEST(Ptrace, QueuedSignalArrivesWithItsSiginfo) {
  Child child(pause_for_ever);
  ASSERT_TRUE(seize(child.tid(), 0));
  SigInfo info{};
  info.si_signo = SIGRTMIN + 3;
  info.si_code = SI_QUEUE;
  info.si_value.sival_int = 99;
  ASSERT_TRUE(queue_signal(child.pid(), child.tid(), info));
  ASSERT_EQ(next_status(child.tid()) >> 8, SIGRTMIN + 3);
  const auto seen = StoppedTask(child.tid()).siginfo();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->si_code, SI_QUEUE);
  EXPECT_EQ(seen->si_value.sival_int, 99);
}

TEST(Ptrace, NobodyPosesAsTheKernel) {
  Child child(pause_for_ever);
  SigInfo info{};
  info.si_signo = SIGSEGV;
  info.si_code = SI_KERNEL;
  const auto refused = queue_signal(child.pid(), child.tid(), info);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::not_permitted);
}

TEST(Ptrace, SystemCallEntryAndExit) {
  Child child([](const auto& ready) {
    ready();
    while (true) ::syscall(SYS_lseek, -1, 0x1234, 7);
    return 0;
  });
  StoppedTask task = seized_and_stopped(child.tid(), PTRACE_O_TRACESYSGOOD);
  EXPECT_EQ(task.syscall_info()->op, PTRACE_SYSCALL_INFO_NONE);
  ASSERT_TRUE(std::move(task).resume(Run::syscall, 0));
  // The interrupt may have come between entry and exit: the next stop is either.
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(next_status(child.tid()) >> 8, syscall_stop);
    StoppedTask stopped(child.tid());
    const auto info = stopped.syscall_info();
    ASSERT_TRUE(info);
    EXPECT_EQ(info->arch, static_cast<unsigned>(AUDIT_ARCH_X86_64));
    if (info->op == PTRACE_SYSCALL_INFO_ENTRY) {
      EXPECT_EQ(info->entry.nr, static_cast<unsigned>(SYS_lseek));
      EXPECT_EQ(info->entry.args[1], 0x1234U);
    } else {
      ASSERT_EQ(info->op, PTRACE_SYSCALL_INFO_EXIT);
      EXPECT_EQ(info->exit.rval, -EBADF);
      EXPECT_EQ(info->exit.is_error, 1);
    }
    ASSERT_TRUE(std::move(stopped).resume(Run::syscall, 0));
  }
}

TEST(Ptrace, SingleStepMovesOn) {
  Child child([](const auto& ready) {
    ready();
    volatile unsigned spin = 0;
    while (true) spin = spin ^ 1U;
    return 0;
  });
  StoppedTask task = seized_and_stopped(child.tid());
  const auto before = task.general_regs()->rip;
  ASSERT_TRUE(std::move(task).resume(Run::single_step, 0));
  ASSERT_EQ(next_status(child.tid()) >> 8, SIGTRAP);
  EXPECT_NE(StoppedTask(child.tid()).general_regs()->rip, before);
}

TEST(Ptrace, SignalMask) {
  Child child([](const auto& ready) {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGUSR2);
    ::sigaddset(&set, 64);
    ::sigprocmask(SIG_SETMASK, &set, nullptr);
    ready();
    while (true) ::pause();
    return 0;
  });
  const StoppedTask task = seized_and_stopped(child.tid());
  EXPECT_EQ(task.signal_mask(), SigSet({SIGUSR2, 64}).bits());
}

TEST(Ptrace, OptionsCanBeSetLaterAndTheMessageTellsTheExitStatus) {
  Child child(pause_for_ever);
  StoppedTask task = seized_and_stopped(child.tid());
  ASSERT_TRUE(task.set_options(PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL));
  ASSERT_TRUE(std::move(task).resume(Run::cont, 0));
  ASSERT_TRUE(send_signal(child.pid(), SIGUSR1));
  ASSERT_EQ(next_status(child.tid()) >> 8, SIGUSR1);
  ASSERT_TRUE(StoppedTask(child.tid()).resume(Run::cont, SIGUSR1));
  ASSERT_EQ(next_status(child.tid()) >> 8, SIGTRAP | PTRACE_EVENT_EXIT << 8);
  StoppedTask exiting(child.tid());
  EXPECT_EQ(exiting.event_message(), static_cast<std::uint64_t>(SIGUSR1));
  ASSERT_TRUE(std::move(exiting).resume(Run::cont, 0));
  EXPECT_EQ(next_status(child.tid()), SIGUSR1);
}

TEST(Ptrace, UnknownOptionsAreRefused) {
  Child child(pause_for_ever);
  EXPECT_FALSE(seize(child.tid(), 1U << 31));
  EXPECT_TRUE(seize(child.tid(), 0));
}

TEST(Ptrace, DetachPassesTheSignalOn) {
  Child child(pause_for_ever);
  ASSERT_TRUE(seized_and_stopped(child.tid()).detach(0));
  ASSERT_TRUE(seize(child.tid(), 0));
  ASSERT_TRUE(send_signal(child.pid(), SIGTERM));
  ASSERT_EQ(next_status(child.tid()) >> 8, SIGTERM);
  ASSERT_TRUE(StoppedTask(child.tid()).detach(SIGTERM));
  EXPECT_EQ(next_status(child.tid()), SIGTERM);
}

TEST(Ptrace, ListeningTaskStaysStoppedAndHearsOfSigcont) {
  Child child(pause_for_ever);
  ASSERT_TRUE(seize(child.tid(), 0));
  ASSERT_TRUE(send_signal(child.pid(), SIGSTOP));
  ASSERT_EQ(next_status(child.tid()) >> 8, SIGSTOP);
  ASSERT_TRUE(StoppedTask(child.tid()).resume(Run::cont, SIGSTOP));
  ASSERT_EQ(next_status(child.tid()) >> 8, SIGSTOP | PTRACE_EVENT_STOP << 8);
  ASSERT_TRUE(StoppedTask(child.tid()).resume(Run::listen, 0));
  ASSERT_TRUE(send_signal(child.pid(), SIGCONT));
  EXPECT_EQ(next_status(child.tid()) >> 8, SIGTRAP | PTRACE_EVENT_STOP << 8);
}

// SIGKILL can come between any two requests.
TEST(Ptrace, EveryRequestOnAKilledTaskIsGone) {
  Child child(pause_for_ever);
  StoppedTask task = seized_and_stopped(child.tid());
  ASSERT_TRUE(send_signal(child.pid(), SIGKILL));
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.tid().value), &info, WEXITED | WNOWAIT | __WALL), 0);
  const auto gone = [](const auto& result) { return !result && result.error().code == Errc::gone; };
  EXPECT_TRUE(gone(task.general_regs()));
  EXPECT_TRUE(gone(task.set_general_regs({})));
  EXPECT_TRUE(gone(task.xstate()));
  EXPECT_TRUE(gone(task.set_xstate(std::vector<std::byte>(4096))));
  EXPECT_TRUE(gone(task.debug_register(7)));
  EXPECT_TRUE(gone(task.set_debug_register(0, 0)));
  EXPECT_TRUE(gone(task.siginfo()));
  EXPECT_TRUE(gone(task.set_siginfo({})));
  EXPECT_TRUE(gone(task.event_message()));
  EXPECT_TRUE(gone(task.syscall_info()));
  EXPECT_TRUE(gone(task.signal_mask()));
  EXPECT_TRUE(gone(task.set_options(0)));
  EXPECT_TRUE(interrupt(child.tid()));  // the one exception
  EXPECT_TRUE(gone(StoppedTask(child.tid()).detach(0)));
  EXPECT_TRUE(gone(std::move(task).resume(Run::cont, 0)));
}

TEST(Ptrace, RequestsOnARunningTaskFail) {
  Child child(pause_for_ever);
  ASSERT_TRUE(seize(child.tid(), 0));
  // The kernel says ESRCH for "not stopped", too; only the tracer's own book-keeping can tell the two apart.
  const auto regs = StoppedTask(child.tid()).general_regs();
  ASSERT_FALSE(regs);
  EXPECT_EQ(regs.error().code, Errc::gone);
}

TEST(Ptrace, SignalsToNobodyAndToEverybodyAreRefused) {
  for (int pid : {0, -1, -5}) {
    const auto refused = send_signal(Pid{pid}, 0);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid);
    EXPECT_FALSE(send_signal(Pid{pid}, Tid{pid}, 0));
  }
  EXPECT_EQ(send_signal(Pid{::getpid()}, Tid{0x7ffffff0}, 0).error().code, Errc::gone);
  EXPECT_TRUE(send_signal(Pid{::getpid()}, 0));
}

}  // namespace
}  // namespace cotrace::sys::test
