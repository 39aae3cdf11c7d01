// Processes in namespaces of their own: they are known by the ids that the tracer sees, and their files are
// what they see.

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

class Namespaces : public Tracing {
 protected:
  // Containers often forbid it.
  static bool may_make_namespaces() {
    const pid_t child = ::fork();
    if (child == 0) {
      const int user = ::getuid() == 0 ? 0 : CLONE_NEWUSER;
      ::_exit(::unshare(CLONE_NEWPID | CLONE_NEWNS | user) == 0 ? 0 : 1);
    }
    int status = 0;
    return ::waitpid(child, &status, 0) == child && status == 0;
  }
  void SetUp() override {
    if (!may_make_namespaces()) GTEST_SKIP() << "no namespaces may be made here";
  }

  // Each process is followed, and has a breakpoint on landmark() if it runs the program of that name.
  void follow_all(Diary& engine) {
    engine.behave([&](TaskId task, const Event& event) {
      if (const auto* cloned = std::get_if<event::Cloned>(&event)) {
        processes.push_back(cloned->child);
        EXPECT_EQ(cloned->child_process.value, cloned->child.tid.value);
        EXPECT_TRUE(core->attach(cloned->child, engine, {everything, false, true}));
        // In the /proc of this process, that is the same one.
        const auto status = sys::task_status(cloned->child.tid);
        EXPECT_TRUE(status && status->group == cloned->child_process && status->tracer.value == ::gettid());
      }
      if (std::holds_alternative<event::Execed>(event)) {
        files.push_back(*sys::executable_of(task.tid));
        if (files.back().ends_with("/namespaces")) {
          EXPECT_TRUE(core->add_breakpoint(task, engine, symbol(task, "landmark")));
        }
      }
      return Verdict{};
    });
  }
  void run(Diary& engine, const Program& program) {
    follow_all(engine);
    if (sys::executable_of(program.task.tid)->ends_with("/namespaces")) {
      EXPECT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "landmark")));
    }
    resume(engine, program.task);
    EXPECT_TRUE(until([&] { return core->released(program.pid) && traced_processes().empty(); }));
  }
  void expect_pid_namespace(const std::string& how) {
    Diary engine;
    processes.clear();
    auto program = launch(engine, {"namespaces", how});
    run(engine, program);
    EXPECT_EQ(program.rest(), "namespaces child=1\n") << "by its own count";
    EXPECT_EQ(processes.size(), 2U);
    EXPECT_EQ(engine.count<event::BreakpointHit>(), 2);
    for (TaskId task : processes) EXPECT_EQ(status_of(engine, task), (ExitStatus{false, 20, false}));
    EXPECT_EQ(status_of(engine, program.task), (ExitStatus{false, 0, false}));
  }
  // Nobody follows: the copies have no breakpoint in them.
  void expect_silence(const std::string& how) {
    Diary engine;
    auto program = launch(engine, {"namespaces", how});
    EXPECT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "landmark")));
    resume(engine, program.task);
    EXPECT_TRUE(until([&] { return core->released(program.pid); }));
    EXPECT_EQ(program.rest(), "namespaces child=1\n");
    EXPECT_EQ(engine.count<event::Cloned>(), 1);
    EXPECT_EQ(engine.count<event::BreakpointHit>(), 0);
    EXPECT_EQ(status_of(engine, program.task), (ExitStatus{false, 0, false}));
  }
  void expect_mount_namespace() {
    std::string pattern = std::filesystem::temp_directory_path() / "cotrace-mount-XXXXXX";
    const std::filesystem::path folder = ::mkdtemp(pattern.data());
    std::filesystem::permissions(folder, std::filesystem::perms{0755});
    Diary engine;
    processes.clear();
    files.clear();
    auto program = launch(engine, {"namespaces", "mount", folder});
    run(engine, program);
    ASSERT_EQ(processes.size(), 1U);
    const std::string seen = folder / "namespaces";
    EXPECT_EQ(files, std::vector<std::string>{seen}) << "as the process sees it";
    EXPECT_FALSE(std::filesystem::exists(seen)) << "not here";
    EXPECT_EQ(engine.count<event::BreakpointHit>(), 1);
    EXPECT_EQ(status_of(engine, processes.front()), (ExitStatus{false, 20, false}));
    std::filesystem::remove(folder);
  }

  std::vector<TaskId> processes;
  std::vector<std::string> files;
};

TEST_F(Namespaces, TheInitOfAPidNamespaceAndItsChildrenAreFollowed) {
  for (const char* how : {"clone", "unshare"}) expect_pid_namespace(how);
}

TEST_F(Namespaces, TheInitOfAPidNamespaceThatNobodyFollowsIsLetGoClean) {
  for (const char* how : {"clone", "unshare"}) expect_silence(how);
}

TEST_F(Namespaces, AProgramOfAnotherMountNamespaceIsKnownByTheNameThatItHasThere) {
  expect_mount_namespace();
}

// By user namespaces, where the system allows them.
TEST_F(Namespaces, TheSameWithoutPrivileges) {
  if (::getuid() != 0) GTEST_SKIP() << "without privileges the other tests are this one";
  as_nobody([&] {
    if (!may_make_namespaces()) return;
    for (const char* how : {"clone", "unshare"}) {
      expect_pid_namespace(how);
      expect_silence(how);
    }
    expect_mount_namespace();
  });
}

// What people use: unshare(1), and nsenter(1) into what it has made.
class Containers : public Namespaces {
 protected:
  void SetUp() override {
    if (::getuid() != 0) GTEST_SKIP() << "needs root, or a map of users";
    Namespaces::SetUp();
  }
  // A container whose init, untraced, waits; the pid of that init.
  Program start_container() {
    return start({"exec_file", "alone", "/usr/bin/unshare", "--pid", "--mount-proc", "--fork",
                  "--kill-child=SIGKILL", program_path("namespaces"), "init"});
  }
  static Pid init_of(const Program& container) {
    const auto children = sys::children_of(container.pid);
    EXPECT_TRUE(children && children->size() == 1);
    return children->front();
  }
};

TEST_F(Containers, AProgramInANewContainerIsFollowedFromItsFirstInstruction) {
  Diary engine;
  auto program = launch(engine, {"exec_file", "alone", "/usr/bin/unshare", "--pid", "--mount-proc", "--fork",
                                 program_path("namespaces"), "clone"});
  run(engine, program);
  EXPECT_EQ(program.rest(), "namespaces child=1\n");
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 2);
  EXPECT_EQ(processes.size(), 3U);
  EXPECT_EQ(status_of(engine, program.task), (ExitStatus{false, 0, false}));
}

TEST_F(Containers, AProgramThatIsSentIntoOneIsFollowed) {
  auto container = start_container();
  EXPECT_EQ(container.line(), "ready 1\n");
  const Pid init = init_of(container);
  Diary engine;
  auto program =
      launch(engine, {"exec_file", "alone", "/usr/bin/nsenter", "--target", std::to_string(init.value),
                      "--pid", "--mount", program_path("namespaces"), "leaf"});
  run(engine, program);
  EXPECT_EQ(processes.size(), 1U) << "nsenter forks, to be in the pid namespace";
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 1);
  EXPECT_EQ(status_of(engine, program.task), (ExitStatus{false, 20, false}));
  container.go();
  EXPECT_EQ(container.rest(), "");
  EXPECT_EQ(wait_for(container), 20 << 8);
}

TEST_F(Containers, TheInitIsAttachedToByItsPidOutside) {
  auto container = start_container();
  EXPECT_EQ(container.line(), "ready 1\n");
  const Pid init = init_of(container);
  Diary engine;
  const auto tasks = attach_holding(engine, {init, {}, {}, {}});
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_EQ(tasks.front().tid, leader_of(init));
  ASSERT_TRUE(core->add_breakpoint(tasks.front(), engine, symbol(tasks.front(), "landmark")));
  // The kernel tells a process of another pid namespace that the sender is 0.
  for (int i = 0; i < 3; ++i) {
    const int before = engine.count<event::Quiesced>();
    ASSERT_TRUE(core->control(tasks.front(), engine, {ResumeAction::resume, std::nullopt, SIGUSR1}));
    drain();
    engine.behave([](TaskId, const Event& event) {
      return std::holds_alternative<event::Quiesced>(event) ? holding : Verdict{};
    });
    control(engine, tasks.front(), ResumeAction::stop);
    ASSERT_TRUE(until([&] { return engine.count<event::Quiesced>() > before; }));
    engine.behave(nullptr);
  }
  resume(engine, tasks.front());
  container.go();
  ASSERT_TRUE(until([&] { return core->released(init); }));
  EXPECT_EQ(engine.count<event::Signal>(), 0) << "what an engine gives is told to nobody";
  EXPECT_EQ(engine.count<event::BreakpointHit>(), 3);
  EXPECT_EQ(status_of(engine), (ExitStatus{false, 20, false}));
  EXPECT_EQ(wait_for(container), 20 << 8);
}

// With it goes all of its namespace, held or not.
TEST_F(Containers, TheDeathOfTheInitIsTheDeathOfAllThatIsFollowedInIt) {
  Diary engine;
  auto program = launch(engine, {"namespaces", "clone"});
  std::vector<TaskId> made;
  engine.behave([&](TaskId task, const Event& event) {
    if (const auto* cloned = std::get_if<event::Cloned>(&event)) {
      EXPECT_TRUE(core->attach(cloned->child, engine, {everything, false, true}));
      made.push_back(cloned->child);
    }
    const bool grandchild = made.size() == 2 && task == made.back();
    return grandchild && std::holds_alternative<event::Born>(event) ? holding : Verdict{};
  });
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return made.size() == 2 && core->holds(made.back(), engine); }));
  ASSERT_TRUE(core->kill(Pid{made.front().tid.value}));
  ASSERT_TRUE(until([&] { return died(engine, made.front()) && died(engine, made.back()); }));
  for (TaskId task : made) EXPECT_EQ(status_of(engine, task), (ExitStatus{true, SIGKILL, false}));
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
}

}  // namespace
}  // namespace cotrace::test
