#include "linux/proc.h"

#include <algorithm>
#include <atomic>
#include <elf.h>
#include <fcntl.h>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <thread>

#include "linux/launch.h"
#include "linux/proc_file.h"
#include "linux/signals.h"
#include "unit/linux/child.h"

namespace cotrace::sys::test {
namespace {

constexpr Tid nobody{0x7ffffff0};

Tid self() {
  return Tid{::getpid()};
}

TEST(ProcFile, StatusValues) {
  constexpr std::string_view status = "Name:\tcat\nTgid:\t12\nPPid:\t 3 \nEmpty:\nTgidX:\t9\n";
  EXPECT_EQ(status_value(status, "Tgid"), "12");
  EXPECT_EQ(status_value(status, "PPid"), "3");
  EXPECT_EQ(status_value(status, "Empty"), "");
  EXPECT_EQ(status_value(status, "Pid"), "");
  EXPECT_EQ(status_value("", "Name"), "");
}

TEST(ProcFile, StatFieldsBehindAnyName) {
  constexpr std::string_view stat = "12 (a) R (b) c)) S 3 4 5\n";
  EXPECT_EQ(stat_field(stat, 3), "S");
  EXPECT_EQ(stat_field(stat, 6), "5");
  EXPECT_FALSE(stat_field(stat, 7));
  EXPECT_FALSE(stat_field(stat, 2));
  EXPECT_FALSE(stat_field("", 3));
  EXPECT_FALSE(stat_field("12 (cut", 3));
}

TEST(Proc, StatusOfThisProcess) {
  const auto status = task_status(self());
  ASSERT_TRUE(status);
  EXPECT_EQ(status->group, Pid{::getpid()});
  EXPECT_EQ(status->parent, Pid{::getppid()});
  EXPECT_EQ(status->uid, ::getuid());
  EXPECT_EQ(status->euid, ::geteuid());
  EXPECT_EQ(status->state, 'R');
}

TEST(Proc, NamesMayContainAnything) {
  for (const char* name : {") R 1 (x", "a b", "new\nline", "back\\slash", "\\n", ""}) {
    Child child([&](const auto& ready) {
      ::prctl(PR_SET_NAME, name);
      return pause_for_ever(ready);
    });
    const auto status = task_status(child.tid());
    ASSERT_TRUE(status);
    EXPECT_EQ(status->name, name);
    EXPECT_EQ(status->parent, Pid{::getpid()});
    EXPECT_GT(start_time_of(child.tid()).value_or(0), 0U) << name;
    EXPECT_GE(processor_of(child.tid()).value_or(-1), 0) << name;
  }
}

TEST(Proc, TracerAndState) {
  Child child(pause_for_ever);
  EXPECT_EQ(task_status(child.tid())->tracer, Tid{0});
  [[maybe_unused]] const StoppedTask task = seized_and_stopped(child.tid());
  EXPECT_EQ(task_status(child.tid())->tracer, self());
  EXPECT_EQ(task_status(child.tid())->state, 't');
}

TEST(Proc, BlockedSignals) {
  Child child([](const auto& ready) {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGUSR1);
    ::sigprocmask(SIG_SETMASK, &set, nullptr);
    return pause_for_ever(ready);
  });
  EXPECT_EQ(task_status(child.tid())->blocked, SigSet{SIGUSR1}.bits());
}

TEST(Proc, DeadButNotReaped) {
  Child child([](const auto&) { return 0; });
  await_status(child.tid());
  EXPECT_EQ(task_status(child.tid())->state, 'Z');
  EXPECT_EQ(threads_of(child.pid()), std::vector{child.tid()});
  EXPECT_EQ(command_line_of(child.tid()), std::vector<std::string>{});
  EXPECT_EQ(maps_of(child.tid()).value_or(std::vector<Mapping>{}).size(), 0U);
  EXPECT_FALSE(executable_of(child.tid()));
}

TEST(Proc, NobodyIsGone) {
  const auto gone = [](const auto& result) { return !result && result.error().code == Errc::gone; };
  for (const Tid tid : {nobody, Tid{0}, Tid{-1}}) {
    EXPECT_TRUE(gone(task_status(tid)));
    EXPECT_TRUE(gone(threads_of(Pid{tid.value})));
    EXPECT_TRUE(gone(processor_of(tid)));
    EXPECT_TRUE(gone(start_time_of(tid)));
    EXPECT_TRUE(gone(auxv_of(tid)));
    EXPECT_TRUE(gone(auxv_entry(tid, AT_ENTRY)));
    EXPECT_TRUE(gone(executable_of(tid)));
    EXPECT_TRUE(gone(command_line_of(tid)));
    EXPECT_TRUE(gone(maps_of(tid)));
    EXPECT_TRUE(gone(children_of(Pid{tid.value})));
    EXPECT_TRUE(gone(blocked_call_of(tid)));
  }
}

TEST(Proc, ThreadsComeAndAreListed) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const base::Fd read_end(ends[0]);
  const base::Fd write_end(ends[1]);
  Tid tid;
  std::atomic<bool> known{false};
  std::thread thread([&] {
    tid = Tid{::gettid()};
    known = true;
    known.notify_all();
    char c = 0;
    EXPECT_EQ(::read(read_end.get(), &c, 1), 1);
  });
  known.wait(false);
  const auto threads = threads_of(Pid{::getpid()});
  EXPECT_EQ(task_status(tid)->group, Pid{::getpid()});
  EXPECT_EQ(::write(write_end.get(), "x", 1), 1);
  thread.join();
  ASSERT_TRUE(threads);
  EXPECT_TRUE(std::ranges::count(*threads, tid) == 1 && std::ranges::count(*threads, self()) == 1);
}

TEST(Proc, ChildrenAreThoseThatLive) {
  Child first(pause_for_ever), second(pause_for_ever);
  const auto children = children_of(Pid{::getpid()});
  ASSERT_TRUE(children);
  EXPECT_EQ(std::ranges::count(*children, first.pid()), 1);
  EXPECT_EQ(std::ranges::count(*children, second.pid()), 1);
  EXPECT_EQ(children_of(first.pid()), std::vector<Pid>{});
}

TEST(Proc, TheCallThatATaskSleepsIn) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const base::Fd read_end(ends[0]);
  const base::Fd write_end(ends[1]);
  char byte = 0;
  Child child([&](const auto& ready) {
    ready();
    return static_cast<int>(::read(read_end.get(), &byte, 1));
  });
  while (task_status(child.tid())->state != 'S') ::sched_yield();
  const auto call = blocked_call_of(child.tid());
  ASSERT_TRUE(call && *call);
  EXPECT_EQ((*call)->number, static_cast<std::uint64_t>(SYS_read));
  EXPECT_EQ((*call)->args[0], static_cast<std::uint64_t>(read_end.get()));
  EXPECT_EQ((*call)->args[1], reinterpret_cast<std::uint64_t>(&byte)) << "the memory is a copy";
  EXPECT_NE((*call)->pc, 0U);
  EXPECT_NE((*call)->stack_pointer, 0U);
}

TEST(Proc, ProcessesContainThisOne) {
  const auto all = processes();
  ASSERT_TRUE(all);
  EXPECT_EQ(std::ranges::count(*all, Pid{::getpid()}), 1);
}

TEST(Proc, AuxiliaryVector) {
  for (const std::uint64_t type : {AT_ENTRY, AT_PHDR, AT_SYSINFO_EHDR, AT_PAGESZ})
    EXPECT_EQ(auxv_entry(self(), type).value(), std::optional(::getauxval(type)));
  EXPECT_EQ(auxv_entry(self(), 987654).value(), std::nullopt);
  EXPECT_EQ(auxv_of(self())->size() % 16, 0U);
}

TEST(Proc, ExecutableAndCommandLine) {
  const std::string path = "/tmp/cotrace-sleep-" + std::to_string(::getpid());
  ASSERT_TRUE(std::filesystem::copy_file("/bin/sleep", path));
  auto launch = PendingLaunch::start({.arguments = {path, "1000"}});
  ASSERT_TRUE(launch);
  const Tid tid = leader_of(launch->pid());
  ASSERT_TRUE(seize(tid, PTRACE_O_TRACEEXEC));
  ASSERT_TRUE(launch->release());
  next_status(tid);  // its exec
  EXPECT_EQ(executable_of(tid), path);
  ::unlink(path.c_str());
  EXPECT_EQ(executable_of(tid), path);  // although the link says "(deleted)" now
  EXPECT_EQ(command_line_of(tid), (std::vector<std::string>{path, "1000"}));
}

TEST(Proc, Mappings) {
  const std::string path = "/tmp/cotrace test " + std::to_string(::getpid());
  const base::Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  ASSERT_TRUE(file.valid());
  ASSERT_EQ(::ftruncate(file.get(), 8192), 0);
  void* const mapped = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, file.get(), 4096);
  const auto maps = maps_of(self());
  ::unlink(path.c_str());
  const auto later = maps_of(self());
  ::munmap(mapped, 4096);
  ASSERT_TRUE(maps && later);
  const auto at = [&](const std::vector<Mapping>& all) {
    return *std::ranges::find(all, Addr{reinterpret_cast<std::uint64_t>(mapped)}, &Mapping::start);
  };
  const Mapping mapping = at(*maps);
  EXPECT_EQ(mapping.end - mapping.start, 4096U);
  EXPECT_TRUE(mapping.read && !mapping.write && mapping.execute && mapping.shared);
  EXPECT_EQ(mapping.offset, 4096U);
  EXPECT_NE(mapping.inode, 0U);
  EXPECT_EQ(mapping.path, path);
  EXPECT_EQ(at(*later).path, path + " (deleted)");
  EXPECT_EQ(std::ranges::count(*maps, "[stack]", &Mapping::path), 1);
}

// --- why an attach was refused
// ---------------------------------------------------------------------------------------

// Tries to seize, and tells the diagnosis as "CODE text"; "attached" if it was not refused.
std::string diagnosis(Tid tid) {
  const auto seized = seize(tid, 0);
  if (seized) return "attached";
  const Error error = diagnose_attach(tid, seized.error().sys_errno);
  return std::to_string(static_cast<int>(error.code)) + " " + error.text;
}

std::string expected(Errc code, const std::string& part) {
  return std::to_string(static_cast<int>(code)) + " .*" + part + ".*";
}

TEST(AttachRefusal, NoSuchProcess) {
  EXPECT_THAT(diagnosis(nobody),
              testing::MatchesRegex(expected(Errc::no_such_process, "no process .* 2147483632")));
}

TEST(AttachRefusal, DeadProcess) {
  Child child([](const auto&) { return 0; });
  await_status(child.tid());
  EXPECT_THAT(diagnosis(child.tid()), testing::MatchesRegex(expected(Errc::gone, "is dead")));
}

TEST(AttachRefusal, TracedByThisProcess) {
  Child child(pause_for_ever);
  ASSERT_TRUE(seize(child.tid(), 0));
  EXPECT_THAT(diagnosis(child.tid()),
              testing::MatchesRegex(expected(Errc::already_traced, "this very process")));
}

TEST(AttachRefusal, NamesTheOtherTracer) {
  Child target(pause_for_ever);
  Child tracer([&](const auto& ready) {
    ::prctl(PR_SET_NAME, "some tracer");
    // As root this is allowed; yama allows it to ancestors only, so the target says so where it is an
    // ordinary user's.
    if (!seize(target.tid(), 0)) return 1;
    return pause_for_ever(ready);
  });
  EXPECT_THAT(diagnosis(target.tid()),
              testing::MatchesRegex(expected(
                  Errc::already_traced, "process " + std::to_string(tracer.pid().value) + " .some tracer.")));
}

TEST(AttachRefusal, ThisVeryProcess) {
  EXPECT_THAT(diagnosis(self()), testing::MatchesRegex(expected(Errc::invalid, "cannot trace itself")));
}

TEST(AttachRefusal, SomebodyElsesProcess) {
  // Where this is root, the test itself is somebody else's process for the ordinary user; else process 1 is.
  const bool root = ::getuid() == 0;
  const Tid other = root ? self() : Tid{1};
  const auto status = task_status(other);
  ASSERT_TRUE(status);
  ASSERT_TRUE(root || status->uid != ::getuid()) << "needs a process of another user";
  const std::string text = as_ordinary_user([&] { return diagnosis(other); });
  EXPECT_THAT(text,
              testing::MatchesRegex(expected(Errc::not_permitted, "belongs to user 0.*CAP_SYS_PTRACE")));
}

TEST(AttachRefusal, Undumpable) {
  const std::string text = as_ordinary_user([] {
    Child target([](const auto& ready) {
      ::prctl(PR_SET_DUMPABLE, 0);
      return pause_for_ever(ready);
    });
    return diagnosis(target.tid());
  });
  EXPECT_THAT(text, testing::MatchesRegex(expected(Errc::not_permitted, "undumpable")));
}

TEST(AttachRefusal, EveryKernelThreadInSight) {
  for (const Pid pid : processes().value_or(std::vector<Pid>{})) {
    const auto status = task_status(leader_of(pid));
    if (!status || status->name != "kthreadd") continue;
    const Error error = diagnose_attach(leader_of(pid), EPERM);
    EXPECT_NE(error.text.find("kernel"), std::string::npos) << error.text;
  }
}

TEST(AttachRefusal, WithoutAVisibleCause) {
  Child child(pause_for_ever);
  EXPECT_NE(diagnose_attach(child.tid(), EPERM).text.find("security module"), std::string::npos);
  EXPECT_EQ(diagnose_attach(child.tid(), ESRCH).code, Errc::gone);
  const Error other = diagnose_attach(child.tid(), EIO);
  EXPECT_EQ(other.code, Errc::system);
  EXPECT_EQ(other.sys_errno, EIO);
}

}  // namespace
}  // namespace cotrace::sys::test
