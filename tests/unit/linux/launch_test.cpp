#include "linux/launch.h"

#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/personality.h>
#include <sys/stat.h>

#include "linux/proc.h"
#include "unit/linux/child.h"

namespace cotrace::sys::test {
namespace {

// Everything up to end of file.
std::string all_of(int fd) {
  std::string text;
  char piece[4096];
  for (ssize_t got = 0; (got = ::read(fd, piece, sizeof piece)) > 0;)
    text.append(piece, static_cast<std::size_t>(got));
  return text;
}

struct Outcome {
  std::string output;
  int status{-1};
  std::optional<Error> failure;
};

// Starts a program, lets it go, and collects its standard output and its end.
Outcome outcome_of(LaunchSpec spec) {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const base::Fd read_end(ends[0]);
  base::Fd write_end(ends[1]);
  spec.descriptors.emplace_back(1, write_end.get());
  auto launch = PendingLaunch::start(spec);
  if (!launch) return {{}, -1, launch.error()};
  write_end.close();
  EXPECT_FALSE(launch->exec_failure());
  EXPECT_TRUE(launch->release());
  Outcome outcome;
  outcome.output = all_of(read_end.get());
  await_status(leader_of(launch->pid()));
  outcome.failure = launch->exec_failure();
  launch->disown();
  outcome.status = next_status(leader_of(launch->pid()));
  return outcome;
}

LaunchSpec program(std::vector<std::string> arguments) {
  LaunchSpec spec;
  spec.arguments = std::move(arguments);
  return spec;
}

LaunchSpec shell_script(const std::string& script) {
  return program({"/bin/sh", "-c", script});
}

// A folder that goes with its files at the end of the test.
class Folder {
 public:
  Folder() {
    std::string pattern = "/tmp/cotrace-test-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
  }
  ~Folder() {
    for (const std::string& file : files_) ::unlink(file.c_str());
    ::rmdir(path_.c_str());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name, const std::string& content, mode_t mode) {
    files_.push_back(path_ + "/" + name);
    std::ofstream(files_.back()) << content;
    EXPECT_EQ(::chmod(files_.back().c_str(), mode), 0);
    return files_.back();
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::vector<std::string> files_;
};

TEST(Launch, ArgumentsArriveByteForByte) {
  const auto outcome =
      outcome_of(program({"printf", "<%s>", "a b", "", "new\nline", "'\"$HOME`\\*", "\xff"}));
  EXPECT_EQ(outcome.output, "<a b><><new\nline><'\"$HOME`\\*><\xff>");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_FALSE(outcome.failure);
}

TEST(Launch, EnvironmentIsTheWholeEnvironment) {
  LaunchSpec spec = program({"/usr/bin/env"});
  spec.environment = std::vector<std::string>{"A=1", "B=two words", "C="};
  EXPECT_EQ(outcome_of(spec).output, "A=1\nB=two words\nC=\n");
}

TEST(Launch, CallersEnvironmentByDefault) {
  ::setenv("COTRACE_LAUNCH_TEST", "inherited", 1);
  EXPECT_EQ(outcome_of(shell_script("printf %s \"$COTRACE_LAUNCH_TEST\"")).output, "inherited");
  ::unsetenv("COTRACE_LAUNCH_TEST");
}

TEST(Launch, WorkingDirectory) {
  LaunchSpec spec = program({"/bin/pwd", "-P"});
  spec.working_directory = "/usr/lib";
  EXPECT_EQ(outcome_of(spec).output, "/usr/lib\n");
}

TEST(Launch, PathOfTheProgramsOwnEnvironmentIsSearched) {
  Folder folder;
  folder.file("only-here", "#!/bin/sh\necho found\n", 0755);
  LaunchSpec spec = program({"only-here"});
  spec.environment = std::vector<std::string>{"PATH=/nonexistent:" + folder.path()};
  EXPECT_EQ(outcome_of(spec).output, "found\n");
  spec.environment = std::vector<std::string>{"PATH=/nonexistent::/bin"};
  spec.working_directory = folder.path();
  EXPECT_EQ(outcome_of(spec).output, "found\n");  // the empty entry: the working directory
  spec.environment = std::vector<std::string>{"PATH=/nonexistent"};
  EXPECT_EQ(outcome_of(spec).failure->code, Errc::not_found);
}

TEST(Launch, FileThatMayNotBeExecutedIsPassedOverInPath) {
  Folder first, second;
  first.file("tool", "#!/bin/sh\necho wrong\n", 0644);
  LaunchSpec spec = program({"tool"});
  spec.environment = std::vector<std::string>{"PATH=" + first.path() + ":" + second.path()};
  EXPECT_EQ(outcome_of(spec).failure->code, Errc::not_permitted);
  second.file("tool", "#!/bin/sh\necho right\n", 0755);
  EXPECT_EQ(outcome_of(spec).output, "right\n");
}

TEST(Launch, RandomizationIsOffUnlessWanted) {
  LaunchSpec spec = program({"/bin/cat", "/proc/self/personality"});
  const auto bits = [](const Outcome& outcome) { return std::stoul(outcome.output, nullptr, 16); };
  EXPECT_EQ(bits(outcome_of(spec)) & ADDR_NO_RANDOMIZE, static_cast<unsigned>(ADDR_NO_RANDOMIZE));
  spec.disable_randomization = false;
  EXPECT_EQ(bits(outcome_of(spec)) & ADDR_NO_RANDOMIZE,
            static_cast<unsigned>(::personality(0xffffffff)) & ADDR_NO_RANDOMIZE);
}

TEST(Launch, OwnProcessGroupExistsBeforeStartReturns) {
  auto own = PendingLaunch::start(shell_script("true"));
  ASSERT_TRUE(own);
  EXPECT_EQ(::getpgid(own->pid().value), own->pid().value);
  LaunchSpec spec = shell_script("true");
  spec.own_process_group = false;
  auto shared = PendingLaunch::start(spec);
  ASSERT_TRUE(shared);
  EXPECT_EQ(::getpgid(shared->pid().value), ::getpgrp());
}

TEST(Launch, WithoutATerminalForegroundIsIgnored) {
  LaunchSpec spec = shell_script("echo ran");
  spec.foreground = true;
  Child outer([&](const auto&) {
    ::setsid();
    return outcome_of(spec).output == "ran\n" ? 0 : 1;
  });
  EXPECT_EQ(next_status(outer.tid()), 0);
}

TEST(Launch, SignalsOfTheCallerAreNotThePrograms) {
  Child outer([](const auto&) {
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGUSR1, [](int) {});
    sigset_t set;
    ::sigfillset(&set);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    const auto lines = outcome_of(program({"/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"})).output;
    return lines == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n" ? 0 : 1;
  });
  EXPECT_EQ(next_status(outer.tid()), 0);
}

// glibc's sigaction() refuses its own 32 and 33, but whoever started this process need not have used glibc: a
// CI runner was seen to start everything with 32 ignored.
TEST(Launch, EveryIgnoredSignalCanBeTakenBack) {
  Child outer([](const auto&) {
    SignalState all;
    all.ignored = SigSet(~std::uint64_t{0}).without(SIGKILL).without(SIGSTOP).without(SIGCHLD);
    all.blocked = SigSet(~std::uint64_t{0});
    all.take_effect();
    const auto now = SignalState::current();
    if (now.ignored != all.ignored || now.blocked != all.blocked.without(SIGKILL).without(SIGSTOP)) return 2;
    const auto lines = outcome_of(program({"/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"})).output;
    return lines == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n" ? 0 : 1;
  });
  EXPECT_EQ(next_status(outer.tid()), 0);
}

TEST(Launch, SignalStateIsHandedOnAsAsked) {
  LaunchSpec spec = program({"/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"});
  spec.signals.ignored = SigSet{SIGHUP};
  spec.signals.blocked = SigSet{SIGINT, 64};
  EXPECT_EQ(outcome_of(spec).output, "SigBlk:\t8000000000000002\nSigIgn:\t0000000000000001\n");
}

TEST(Launch, OnlyTheFirstThreeDescriptorsAndTheRedirectedArePassedOn) {
  const base::Fd leaked(::open("/dev/null", O_RDONLY));  // not closed on exec by itself
  const base::Fd given(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  LaunchSpec spec = shell_script("ls /proc/$$/fd; readlink /proc/$$/fd/7");
  spec.descriptors.emplace_back(7, given.get());
  EXPECT_EQ(outcome_of(spec).output, "0\n1\n2\n7\n/dev/zero\n");
}

TEST(Launch, RedirectionsMayExchangeDescriptors) {
  const base::Fd a(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const base::Fd b(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  LaunchSpec spec = program({"/bin/readlink", "/proc/self/fd/" + std::to_string(a.get()),
                             "/proc/self/fd/" + std::to_string(b.get())});
  spec.descriptors = {{a.get(), b.get()}, {b.get(), a.get()}};
  EXPECT_EQ(outcome_of(spec).output, "/dev/zero\n/dev/null\n");
}

TEST(Launch, BadSpecificationsAreRefusedBeforeTheFork) {
  EXPECT_EQ(PendingLaunch::start({}).error().code, Errc::invalid);
  EXPECT_EQ(PendingLaunch::start(program({"/bin/echo", std::string("a\0b", 3)})).error().code, Errc::invalid);
  LaunchSpec spec = program({"/bin/true"});
  spec.descriptors = {{-1, 0}};
  EXPECT_EQ(PendingLaunch::start(spec).error().code, Errc::invalid);
  spec.descriptors = {{0, 987654}};
  EXPECT_EQ(PendingLaunch::start(spec).error().sys_errno, EBADF);
}

// --- failures of the exec
// --------------------------------------------------------------------------------------------

void expect_failure(const LaunchSpec& spec, Errc code, int sys_errno, const std::string& part) {
  const auto outcome = outcome_of(spec);
  ASSERT_TRUE(outcome.failure) << part;
  EXPECT_EQ(outcome.failure->code, code);
  EXPECT_EQ(outcome.failure->sys_errno, sys_errno);
  EXPECT_NE(outcome.failure->text.find(part), std::string::npos) << outcome.failure->text;
  EXPECT_EQ(WEXITSTATUS(outcome.status), 127);
}

TEST(LaunchFailure, SaysWhatIsWrong) {
  Folder folder;
  expect_failure(program({"/nonexistent/x"}), Errc::not_found, ENOENT, "no program '/nonexistent/x'");
  expect_failure(program({"no-such-program-anywhere"}), Errc::not_found, ENOENT, "in PATH");
  expect_failure(program({""}), Errc::not_found, ENOENT, "no program ''");
  expect_failure(program({"/usr/bin"}), Errc::not_permitted, EACCES, "may not be executed");
  expect_failure(program({folder.file("data", "x", 0644)}), Errc::not_permitted, EACCES, "data");
  expect_failure(program({folder.file("script", "echo no first line\n", 0755)}), Errc::invalid, ENOEXEC,
                 "#!");
  expect_failure(program({folder.file("bad", "#!/nonexistent/sh\n", 0755)}), Errc::not_found, ENOENT,
                 "interpreter");
}

TEST(LaunchFailure, WorkingDirectory) {
  LaunchSpec spec = program({"/bin/true"});
  spec.working_directory = "/nonexistent/folder";
  expect_failure(spec, Errc::not_found, ENOENT, "'/nonexistent/folder'");
}

TEST(LaunchFailure, RelativeNameIsLookedUpInTheProgramsDirectory) {
  Folder folder;
  folder.file("bad", "#!/nonexistent/sh\n", 0755);
  LaunchSpec spec = program({"./bad"});
  spec.working_directory = folder.path();
  expect_failure(spec, Errc::not_found, ENOENT, "interpreter");
}

// --- pending
// ---------------------------------------------------------------------------------------------------------

TEST(PendingLaunch, NothingRunsBeforeTheRelease) {
  Folder folder;
  const std::string file = folder.file("made", "", 0644);
  ::unlink(file.c_str());
  {
    auto launch = PendingLaunch::start(shell_script(": > " + file));
    ASSERT_TRUE(launch);
    EXPECT_FALSE(launch->exec_failure());
  }
  EXPECT_NE(::access(file.c_str(), F_OK), 0);
}

TEST(PendingLaunch, SeizedBeforeTheReleaseItStopsAtItsExec) {
  auto launch = PendingLaunch::start(shell_script("exit 5"));
  ASSERT_TRUE(launch);
  const Tid tid = leader_of(launch->pid());
  ASSERT_TRUE(seize(tid, PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL));
  ASSERT_TRUE(launch->release());
  ASSERT_EQ(next_status(tid) >> 8, SIGTRAP | PTRACE_EVENT_EXEC << 8);
  EXPECT_FALSE(launch->exec_failure());
  launch->disown();
  ASSERT_TRUE(StoppedTask(tid).detach(0));
  EXPECT_EQ(next_status(tid), 5 << 8);
}

TEST(PendingLaunch, DestroyedItKillsAndReaps) {
  Pid pid;
  {
    auto launch = PendingLaunch::start(shell_script("true"));
    ASSERT_TRUE(launch);
    pid = launch->pid();
    // Even from a stop that SIGKILL leads into.
    ASSERT_TRUE(seize(leader_of(pid), PTRACE_O_TRACEEXIT));
  }
  EXPECT_EQ(::waitpid(pid.value, nullptr, __WALL), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(PendingLaunch, MovedItIsStillOne) {
  auto first = PendingLaunch::start(shell_script("exit 3"));
  auto second = PendingLaunch::start(shell_script("true"));
  ASSERT_TRUE(first && second);
  const Pid replaced = second->pid();
  *second = std::move(*first);
  EXPECT_EQ(::waitpid(replaced.value, nullptr, __WALL), -1);  // reaped by the assignment
  ASSERT_TRUE(second->release());
  second->disown();
  EXPECT_EQ(next_status(leader_of(second->pid())), 3 << 8);
}

TEST(PendingLaunch, KilledBeforeTheReleaseIsGone) {
  auto launch = PendingLaunch::start(shell_script("true"));
  ASSERT_TRUE(launch);
  ASSERT_TRUE(send_signal(launch->pid(), SIGKILL));
  await_status(leader_of(launch->pid()));
  EXPECT_EQ(launch->release().error().code, Errc::gone);
  EXPECT_FALSE(launch->exec_failure());
  EXPECT_EQ(launch->release().error().code, Errc::invalid);
}

TEST(PendingLaunch, WaitingChildEndsWithTheTracer) {
  for (const bool die_with_tracer : {false, true}) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const base::Fd read_end(ends[0]);
    base::Fd write_end(ends[1]);
    Child tracer([&](const auto&) -> int {
      LaunchSpec spec = shell_script("true");
      spec.die_with_tracer = die_with_tracer;
      auto launch = PendingLaunch::start(spec);
      ::_exit(0);  // without destructors, as if killed
    });
    write_end.close();
    EXPECT_EQ(all_of(read_end.get()), "");  // end of file: no process has the other end any more
  }
}

// --- with a shell
// ----------------------------------------------------------------------------------------------------

class ThroughShell : public testing::Test {
 protected:
  void SetUp() override {
    const char* shell = std::getenv("SHELL");
    if (shell != nullptr) before = shell;
  }
  void TearDown() override {
    if (before) {
      ::setenv("SHELL", before->c_str(), 1);
    } else {
      ::unsetenv("SHELL");
    }
  }
  std::optional<std::string> before;
};

TEST_F(ThroughShell, QuotedArgumentsArriveByteForByte) {
  ::setenv("SHELL", "/bin/sh", 1);
  const std::vector<std::string> arguments{"printf", "<%s>", "",          "a b", "new\nline", "it's",
                                           "$HOME",  "*",    "`id`",      "\\",  "\"",        "!x",
                                           "~",      "#",    "a;b&c|d>e", "-n",  "\t",        "\xff\x01"};
  for (const char* shell : {"/bin/sh", "/bin/bash"}) {
    ::setenv("SHELL", shell, 1);
    EXPECT_EQ(outcome_of(program(through_shell(arguments, true))).output,
              "<><a b><new\nline><it's><$HOME><*><`id`><\\><\"><!x><~><#><a;b&c|d>e><-n><\t><\xff\x01>")
        << shell;
  }
}

TEST_F(ThroughShell, ShellTextIsTheShells) {
  ::setenv("SHELL", "/bin/sh", 1);
  EXPECT_EQ(outcome_of(program(through_shell({"echo", "$((1+2))", "'a  b'", ">&1"}, false))).output,
            "3 a  b\n");
}

TEST_F(ThroughShell, TheShellBecomesTheProgram) {
  ::setenv("SHELL", "/bin/sh", 1);
  auto launch = PendingLaunch::start(program(through_shell({"/bin/sleep", "1000"}, true)));
  ASSERT_TRUE(launch);
  const Tid tid = leader_of(launch->pid());
  ASSERT_TRUE(seize(tid, PTRACE_O_TRACEEXEC));
  ASSERT_TRUE(launch->release());
  for (const char* expected : {"sh", "sleep"}) {
    ASSERT_EQ(next_status(tid) >> 8, SIGTRAP | PTRACE_EVENT_EXEC << 8);
    EXPECT_EQ(task_status(tid)->name, expected);
    ASSERT_TRUE(StoppedTask(tid).resume(Run::cont, 0));
  }
}

TEST_F(ThroughShell, WhichShell) {
  ::setenv("SHELL", "/bin/bash", 1);
  EXPECT_EQ(through_shell({"x"}, true), (std::vector<std::string>{"/bin/bash", "-c", "exec x"}));
  for (const char* useless : {"", "/usr/sbin/nologin", "/bin/false"}) {
    ::setenv("SHELL", useless, 1);
    EXPECT_EQ(through_shell({"x"}, true).front(), "/bin/sh") << useless;
  }
  ::unsetenv("SHELL");
  EXPECT_EQ(through_shell({"x"}, true).front(), "/bin/sh");
}

TEST_F(ThroughShell, CShellsHaveTheirOwnQuoting) {
  ::setenv("SHELL", "/bin/tcsh", 1);
  EXPECT_EQ(through_shell({"a!b", "c\nd"}, true).back(), "exec 'a'\\!'b' 'c\\\nd'");
}

}  // namespace
}  // namespace cotrace::sys::test
