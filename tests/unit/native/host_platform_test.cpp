// What lldb's platform packets ask of the machine.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include "native/program_watch.h"
#include "unit/native/debugging.h"

namespace cotrace::native {
namespace {

namespace fs = std::filesystem;
using session::HostPlatform;

class TargetPlatform : public Debugging {
 protected:
  TargetPlatform() : client(debugger()), platform(*client->target.platform()) {}
  ~TargetPlatform() override { fs::remove_all(folder); }
  HostPlatform::ShellOutcome shell(const HostPlatform::ShellRequest& request) {
    std::optional<Result<HostPlatform::ShellOutcome>> out;
    platform.shell(request, [&](Result<HostPlatform::ShellOutcome> got) { out = std::move(got); });
    EXPECT_TRUE(until([&] { return out.has_value(); }));
    EXPECT_TRUE(*out);
    return out->value_or(HostPlatform::ShellOutcome{});
  }
  std::unique_ptr<Debugger> client;
  HostPlatform& platform;
  fs::path folder = [] {
    std::string name = fs::temp_directory_path() / "cotrace-platform-XXXXXX";
    return fs::path(::mkdtemp(name.data()));
  }();
};

TEST_F(TargetPlatform, AShellCommandTellsItsOutputAndItsEnd) {
  const auto out = shell({"pwd; echo err >&2; exit 3", folder, {}});
  EXPECT_EQ(out.output, folder.string() + "\nerr\n");
  EXPECT_EQ(out.status, (ExitStatus{.signalled = false, .code = 3}));
  EXPECT_EQ(shell({"kill -9 $$", "", {}}).status, (ExitStatus{.signalled = true, .code = 9}));
  EXPECT_EQ(shell({"sleep 1000 & echo on", "", {}}).output, "on\n")
      << "what it leaves behind is not waited for";
}

TEST_F(TargetPlatform, AShellCommandHasItsTime) {
  const auto out = shell({"sleep 1000 & sleep 1000", "", std::chrono::seconds(0)});
  EXPECT_TRUE(out.status.signalled);
}

TEST_F(TargetPlatform, AShellCommandDiesWithItsClient) {
  const auto pidfile = folder / "pid";
  platform.shell({"echo $$ > " + pidfile.string() + ".new; mv " + pidfile.string() + ".new " +
                      pidfile.string() + "; sleep 1000",
                  "",
                  {}},
                 [](const Result<HostPlatform::ShellOutcome>&) { FAIL() << "it has not ended"; });
  ASSERT_TRUE(until([&] { return fs::exists(pidfile); }));
  pid_t pid = 0;
  std::ifstream(pidfile) >> pid;
  client.reset();
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST_F(TargetPlatform, FilesAreMadeAndFound) {
  EXPECT_TRUE(platform.make_directory(folder / "made", 0700));
  EXPECT_EQ(platform.make_directory(folder / "made", 0700).error().sys_errno, EEXIST);
  EXPECT_TRUE(platform.change_mode(folder / "made", 0750));
  EXPECT_TRUE(platform.symlink("made", folder / "link"));
  std::ofstream(folder / "more") << "x";
  EXPECT_EQ(platform.complete(folder / "m", false),
            (std::vector<std::string>{folder / "made/", folder / "more"}));
  EXPECT_EQ(platform.complete(folder / "m", true), (std::vector<std::string>{folder / "made/"}));
  EXPECT_TRUE(platform.complete(folder / "no" / "such", false).empty());
}

TEST_F(TargetPlatform, FactsOfAProcessThatNobodyDebugs) {
  const Pid pid = start({"counter_threads", "1", "1", "wait"});
  const auto facts = platform.facts(pid);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->parent.value, ::getpid());
  EXPECT_EQ(facts->program, program("counter_threads"));
  EXPECT_EQ(facts->arguments, (std::vector<std::string>{program("counter_threads"), "1", "1", "wait"}));
  EXPECT_EQ(facts->machine.triple, "x86_64-pc-linux-gnu");
  EXPECT_TRUE(facts->ours);
}

// A copy of a program under a name that nobody else uses.
class TargetByName : public TargetPlatform {
 protected:
  TargetByName() { fs::copy_file(program("counter_threads"), named); }
  Result<session::ThreadRef> attach(session::Processes::Which which,
                                    const std::function<void()>& meanwhile = nullptr) {
    std::optional<Result<session::ThreadRef>> out;
    client->target.processes()->attach_by_name(named.filename(), which, true,
                                               [&](Result<session::ThreadRef> got) { out = std::move(got); });
    if (meanwhile) meanwhile();
    EXPECT_TRUE(until([&] { return out.has_value(); }));
    return *out;
  }
  fs::path named = folder / ("named-" + std::to_string(::getpid()));
  // As start() takes it.
  std::string relative = fs::relative(named, COTRACE_PROGRAMS);
};

TEST_F(TargetByName, TheOneThatRuns) {
  using enum session::Processes::Which;
  EXPECT_EQ(attach(running).error().code, Errc::not_found);
  const Pid pid = start({relative, "1", "1", "wait"});
  const auto thread = attach(running);
  ASSERT_TRUE(thread) << thread.error().text;
  EXPECT_EQ(thread->pid, pid);
  ASSERT_TRUE(detach(*client, pid));
  (void)start({relative, "1", "1", "wait"});
  EXPECT_EQ(attach(running_or_next).error().code, Errc::invalid) << "there are two";
}

TEST_F(TargetByName, TheNextOne) {
  using enum session::Processes::Which;
  const Pid first = start({relative, "1", "1", "wait"});
  Pid second;
  const auto thread = attach(next, [&] {
    drain();  // it has looked, and waits
    second = start({relative, "1", "1", "wait"});
  });
  ASSERT_TRUE(thread) << thread.error().text;
  EXPECT_EQ(thread->pid, second);
  EXPECT_NE(thread->pid, first);
  ASSERT_TRUE(detach(*client, second));
}

}  // namespace
}  // namespace cotrace::native
