#include "linux/clone_flags.h"

#include <cstring>
#include <gtest/gtest.h>
#include <map>
#include <sched.h>
#include <sys/syscall.h>
#include <thread>

#include "linux/memory.h"
#include "unit/linux/child.h"

namespace cotrace::sys::test {
namespace {

constexpr std::uint64_t user_cs64 = 0x33;
constexpr std::uint64_t user_cs32 = 0x23;

// Memory of a few known places.
ReadTaskMemory memory(std::map<std::uint64_t, std::vector<std::uint8_t>> places) {
  return [places](Addr address, std::span<std::byte> out) -> Result<std::size_t> {
    const auto found = places.find(address.value);
    if (found == places.end()) return fail(Errc::unmapped, "nothing there");
    const std::size_t size = std::min(out.size(), found->second.size());
    std::memcpy(out.data(), found->second.data(), size);
    return size;
  };
}

GeneralRegs call(std::uint64_t number, std::uint64_t cs = user_cs64) {
  GeneralRegs regs{};
  regs.orig_rax = number;
  regs.cs = cs;
  regs.rip = 0x1000;
  return regs;
}

TEST(CloneFlags, CloneOfBothTablesWithoutTheExitSignal) {
  GeneralRegs regs = call(SYS_clone);
  regs.rdi = CLONE_VM | CLONE_VFORK | SIGCHLD;
  EXPECT_EQ(clone_flags(regs, memory({})), static_cast<std::uint64_t>(CLONE_VM | CLONE_VFORK));
  regs = call(120, user_cs32);
  regs.rbx = CLONE_VM | SIGCHLD;
  EXPECT_EQ(clone_flags(regs, memory({})), static_cast<std::uint64_t>(CLONE_VM));
  // The same call from 64-bit code, by int $0x80.
  regs.cs = user_cs64;
  EXPECT_EQ(clone_flags(regs, memory({})), static_cast<std::uint64_t>(CLONE_VM));
  // Flags are 32 bits wide there; what is above is somebody's rubbish.
  regs = call(SYS_clone);
  regs.rdi = 0xdead000000000000 | CLONE_FS;
  EXPECT_EQ(clone_flags(regs, memory({})), static_cast<std::uint64_t>(CLONE_FS));
}

TEST(CloneFlags, ForkAndVforkOfBothTables) {
  constexpr std::uint64_t vfork = CLONE_VM | CLONE_VFORK;
  EXPECT_EQ(clone_flags(call(SYS_fork), memory({})), 0U);
  EXPECT_EQ(clone_flags(call(2, user_cs32), memory({})), 0U);
  EXPECT_EQ(clone_flags(call(SYS_vfork), memory({})), vfork);
  EXPECT_EQ(clone_flags(call(190, user_cs32), memory({})), vfork);
  EXPECT_EQ(clone_flags(call(SYS_vfork | 0x40000000), memory({})), vfork);  // x32
}

TEST(CloneFlags, Clone3KeepsItsFlagsInMemory) {
  const std::vector<std::uint8_t> args{0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00};
  GeneralRegs regs = call(SYS_clone3);
  regs.rdi = 0x5000;
  EXPECT_EQ(clone_flags(regs, memory({{0x5000, args}})), 0x300000100U);
  // 32-bit code: the pointer is in ebx.
  regs = call(SYS_clone3, user_cs32);
  regs.rbx = 0xffffffff00005000;
  EXPECT_EQ(clone_flags(regs, memory({{0x5000, args}})), 0x300000100U);
  // 64-bit code that came by int $0x80.
  regs.cs = user_cs64;
  EXPECT_EQ(clone_flags(regs, memory({{0x5000, args}, {0xffe, {0xcd, 0x80}}})), 0x300000100U);
}

TEST(CloneFlags, UnreadableOrShortMemoryIsNoAnswer) {
  GeneralRegs regs = call(SYS_clone3);
  regs.rdi = 0x5000;
  EXPECT_FALSE(clone_flags(regs, memory({})));
  EXPECT_FALSE(clone_flags(regs, memory({{0x5000, {1, 2, 3}}})));
}

TEST(CloneFlags, OtherCallsMakeNoTask) {
  EXPECT_FALSE(clone_flags(call(SYS_execve), memory({})));
  EXPECT_FALSE(clone_flags(call(~0ULL), memory({})));
}

TEST(CloneKind, FromWhatIsShared) {
  EXPECT_EQ(clone_kind(0), CloneKind::fork);
  EXPECT_EQ(clone_kind(CLONE_VFORK), CloneKind::fork);
  EXPECT_EQ(clone_kind(CLONE_VM), CloneKind::shared_memory);
  EXPECT_EQ(clone_kind(CLONE_VM | CLONE_VFORK), CloneKind::vfork);
  EXPECT_EQ(clone_kind(CLONE_VM | CLONE_THREAD | CLONE_SIGHAND), CloneKind::thread);
  EXPECT_EQ(clone_kind(CLONE_FILES | CLONE_FS), CloneKind::fork);
}

// The real thing: what a task shows at its event stop.
void expect_kind(const std::function<void()>& make, CloneKind kind) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const base::Fd read_end(ends[0]);
  base::Fd write_end(ends[1]);
  Child child([&](const auto& ready) {
    ready();
    char c = 0;
    if (::read(read_end.get(), &c, 1) != 1) return 1;
    make();
    return 0;
  });
  constexpr auto events = PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL;
  ASSERT_TRUE(seize(child.tid(), events));
  ASSERT_EQ(::write(write_end.get(), "x", 1), 1);
  ASSERT_NE(next_status(child.tid()) >> 16, 0);
  StoppedTask task(child.tid());
  const auto regs = task.general_regs();
  const auto memory = ProcessMemory::open(child.tid());
  ASSERT_TRUE(regs && memory);
  const auto flags =
      clone_flags(*regs, [&](Addr at, std::span<std::byte> out) { return memory->read(at, out); });
  ASSERT_TRUE(flags);
  EXPECT_EQ(clone_kind(*flags), kind);
  const Tid born{static_cast<std::int32_t>(*task.event_message())};
  ASSERT_TRUE(send_signal(child.pid(), SIGKILL));
  if (kind != CloneKind::thread) {
    ASSERT_TRUE(send_signal(Pid{born.value}, SIGKILL));
  }
  // A thread, too, has to be reaped by its tracer; until then its leader's death is not reported.
  int status = 0;
  while (::waitpid(born.value, &status, __WALL) == born.value && WIFSTOPPED(status)) {
  }
}

TEST(CloneFlags, OfRealTasks) {
  expect_kind([] { ::_exit(::fork() == 0 ? 0 : 1); }, CloneKind::fork);
  expect_kind([] { ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }, CloneKind::fork);
  expect_kind([] { std::thread([] {}).join(); }, CloneKind::thread);
}

}  // namespace
}  // namespace cotrace::sys::test
