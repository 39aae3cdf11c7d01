// The log beside other engines on the same tasks: what they do to a task shows as it is, and the log disturbs
// nobody.

#include <csignal>
#include <fcntl.h>
#include <functional>
#include <future>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/syscall.h>

#include <cotrace/tracer.h>

#include "engines/syscall_log/syscall_log.h"

namespace cotrace::engines::test {
namespace {

class Kept final : public Output {
 public:
  void write(std::string_view bytes) override { text += bytes; }
  void note(std::string_view line) override { (notes += line) += '\n'; }
  [[nodiscard]] bool full() const override { return false; }
  [[nodiscard]] int count(std::string_view part) const {
    int n = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
    return n;
  }
  std::string text, notes;
};

// An engine whose behaviour is a lambda, and that says when a process has ended.
class Other final : public Engine {
 public:
  using Handler = std::function<Verdict(TaskId, const Event&)>;
  explicit Other(Handler handler) : handler_(std::move(handler)) {}
  Verdict on_event(TaskId task, const Event& event) override {
    if (const auto* died = std::get_if<event::Died>(&event); died != nullptr && died->process_ended)
      ended_.set_value(died->status);
    return handler_(task, event);
  }
  std::future<ExitStatus> ended() { return ended_.get_future(); }

 private:
  Handler handler_;
  std::promise<ExitStatus> ended_;
};

class LogBesideOthers : public ::testing::Test {
 protected:
  static constexpr auto patience = std::chrono::seconds(30);

  LogBesideOthers() {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    ::pthread_sigmask(SIG_BLOCK, &child, nullptr);
    tracer = std::move(*Tracer::create());
  }
  // On the tracer's thread, where a job belongs.
  void run(const std::function<void()>& work) {
    std::promise<void> done;
    tracer->post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  static LaunchOptions program(std::string name, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::string(COTRACE_PROGRAMS) + "/" + name);
    return {.arguments = std::move(arguments)};
  }
  // Starts it with the other engine, and has the log join while that one holds it at its first instruction.
  void launch_both(Other& other, const LaunchOptions& options, EventMask events) {
    const auto task = tracer->launch(options, other, {.events = events});
    ASSERT_TRUE(task) << task.error().text;
    held.get_future().wait();
    run([&] {
      job = make_syscall_log({*tracer, output, [this](auto status) { log_ended.set_value(status); }},
                             {.follow = true});
      ASSERT_TRUE(job->attach(Pid{task->tid.value}));
      ASSERT_TRUE(tracer->control(*task, other, {.action = ResumeAction::resume}));
    });
  }
  // `then` is what the engine does after its first hold.
  Other::Handler holding_at_exec(Other::Handler then) {
    return [this, then = std::move(then)](TaskId task, const Event& event) {
      if (!std::holds_alternative<event::Execed>(event)) return then(task, event);
      held.set_value();
      return Verdict{.action = ResumeAction::stop};
    };
  }

  Kept output;
  std::promise<void> held;
  std::promise<std::optional<ExitStatus>> log_ended;
  std::unique_ptr<Tracer> tracer;
  std::unique_ptr<Job> job;
};

constexpr EventMask ends{EventKind::exec, EventKind::death};

TEST_F(LogBesideOthers, AnotherEngineMayStepTheWholeProgram) {
  int steps = 0;
  Other stepper(holding_at_exec([&](TaskId, const Event& event) {
    if (!std::holds_alternative<event::StepDone>(event) && !std::holds_alternative<event::Quiesced>(event))
      return Verdict{};
    // Not to its end: that would be hundreds of thousands of steps.
    return ++steps < 5000 ? Verdict{.action = ResumeAction::single_step} : Verdict{};
  }));
  auto ended = stepper.ended();
  const auto options = program("syscalls", {"20"});
  const auto task = tracer->launch(options, stepper, {.events = ends});
  ASSERT_TRUE(task);
  held.get_future().wait();
  run([&] {
    job = make_syscall_log({*tracer, output, [this](auto status) { log_ended.set_value(status); }}, {});
    ASSERT_TRUE(job->attach(Pid{task->tid.value}));
    ASSERT_TRUE(tracer->control(*task, stepper, {.action = ResumeAction::single_step}));
  });
  ASSERT_EQ(ended.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(ended.get().code, 0);
  ASSERT_EQ(log_ended.get_future().wait_for(patience), std::future_status::ready);
  run([&] { job.reset(); });
  EXPECT_EQ(output.count("getppid()"), 20) << output.text;
  EXPECT_EQ(output.count("= -1 EBADF"), 20);
  EXPECT_EQ(output.count("unfinished"), 0) << output.text;
  EXPECT_EQ(output.count("SIGTRAP"), 0);
  EXPECT_GT(steps, 100);
}

TEST_F(LogBesideOthers, ACallThatAnotherEngineAbortsHasTheResultThatItChose) {
  Other aborter(holding_at_exec([](TaskId, const Event& event) {
    const auto* entry = std::get_if<event::SyscallEntry>(&event);
    if (entry == nullptr || entry->number != SYS_getppid) return Verdict{};
    return Verdict{.syscall = SyscallVerdict{.abort = true, .result = 4711}};
  }));
  launch_both(aborter, program("syscalls", {"7"}), ends.with(EventKind::syscall_entry));
  ASSERT_EQ(log_ended.get_future().wait_for(patience), std::future_status::ready);
  run([&] { job.reset(); });
  EXPECT_EQ(output.count("getppid()                               = 4711\n"), 7) << output.text;
  EXPECT_EQ(output.count("+++ exited with 0 +++\n"), 1);
}

TEST_F(LogBesideOthers, WhenTheLogGoesTheProgramAndTheOtherEngineGoOn) {
  // The other engine holds the first of these calls, and the log leaves in the middle of it.
  std::promise<TaskId> calling;
  bool called = false;
  Other other(holding_at_exec([&](TaskId task, const Event& event) {
    const auto* entry = std::get_if<event::SyscallEntry>(&event);
    if (entry == nullptr || entry->number != SYS_getppid || std::exchange(called, true)) return Verdict{};
    calling.set_value(task);
    return Verdict{.action = ResumeAction::stop};
  }));
  auto ended = other.ended();
  launch_both(other, program("syscalls", {"200", "3"}), ends.with(EventKind::syscall_entry));
  const TaskId task = calling.get_future().get();
  run([&] {
    job->finish();
    job.reset();
  });
  ASSERT_TRUE(tracer->control(task, other, {.action = ResumeAction::resume}));
  ASSERT_EQ(ended.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(ended.get().code, 0);
  EXPECT_EQ(log_ended.get_future().wait_for(std::chrono::seconds(0)), std::future_status::timeout)
      << "finish() is not an end";
  EXPECT_GE(output.count("<detached ...>\n"), 1) << output.text;
  EXPECT_NE(output.notes.find("detached"), std::string::npos);
}

TEST_F(LogBesideOthers, ATaskThatIsKilledWhileAnotherEngineHoldsIt) {
  Other other(holding_at_exec([](TaskId, const Event&) { return Verdict{}; }));
  auto ended = other.ended();
  const auto task = tracer->launch(program("syscalls", {"2"}), other, {.events = ends});
  ASSERT_TRUE(task);
  held.get_future().wait();
  run([&] {
    job = make_syscall_log({*tracer, output, [this](auto status) { log_ended.set_value(status); }}, {});
    ASSERT_TRUE(job->attach(Pid{task->tid.value}));
  });
  ASSERT_TRUE(tracer->kill(Pid{task->tid.value}));
  ASSERT_EQ(log_ended.get_future().wait_for(patience), std::future_status::ready);
  run([&] { job.reset(); });
  EXPECT_EQ(output.text, "+++ killed by SIGKILL +++\n");
}

}  // namespace
}  // namespace cotrace::engines::test
