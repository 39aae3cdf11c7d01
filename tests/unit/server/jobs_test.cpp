// Jobs, without any process: who is told what, and when a job is gone.
#include "server/jobs.h"

#include <csignal>
#include <gtest/gtest.h>
#include <pthread.h>

#include "trace/core.h"
#include "unit/server/support.h"

namespace cotrace::server {
namespace {

using testing::make_reactor;
using testing::run_until;

class Outlet final : public JobOutlet {
 public:
  void write(std::string_view bytes) override { text += bytes; }
  void note(std::string_view line) override { notes.emplace_back(line); }
  [[nodiscard]] bool full() const override { return false; }
  void when_drained(std::function<void()> drained) override { drained_ = std::move(drained); }

  std::string text;
  std::vector<std::string> notes;
  std::function<void()> drained_;
};

// Says what it is asked for. Processes below 100 cannot be joined.
class Obedient final : public engines::Job {
 public:
  Obedient(const engines::JobContext& context, int& living) : context_(context), living_(living) {
    ++living_;
  }
  ~Obedient() override { --living_; }
  Result<Pid> launch(const LaunchOptions& program) override {
    if (program.arguments.front() == "bad") return fail(Errc::no_resources, "no more processes");
    context_.output.write("launch ");
    return Pid{1000};
  }
  Result<> attach(Pid process) override {
    if (process.value < 100) return fail(Errc::not_permitted, "not yours");
    context_.output.write("attach ");
    if (process.value == 100) context_.ended(std::nullopt);
    return {};
  }
  void finish() override { context_.output.write("finish "); }
  void output_drained() override { context_.output.write("drained "); }
  void end() { context_.ended(ExitStatus{false, 7, false}); }

 private:
  engines::JobContext context_;
  int& living_;
};

class JobsTest : public ::testing::Test {
 protected:
  JobsTest() {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    ::pthread_sigmask(SIG_BLOCK, &child, nullptr);
    reactor = make_reactor();
    core = std::move(*trace::Core::create(*reactor, {}));
    jobs = std::make_unique<Jobs>(
        *reactor, *core,
        [this](const JobRequest& request,
               const engines::JobContext& context) -> Result<std::unique_ptr<engines::Job>> {
          if (request.words.front() != "obey") return fail(Errc::invalid, "no such job");
          auto made = std::make_unique<Obedient>(context, living);
          job = made.get();
          return made;
        },
        [](Pid) { return std::string(); });
  }
  Jobs::Wanted wanted(std::vector<Pid> processes, std::string word = "obey") {
    JobRequest request;
    request.words = {std::move(word)};
    request.processes = std::move(processes);
    return {std::move(request), outlet, [this](std::optional<ExitStatus> program) {
              ++ends;
              last = program;
              EXPECT_EQ(living, 0) << "the job is gone when its end is told";
            }};
  }

  std::unique_ptr<base::Reactor> reactor;
  std::unique_ptr<trace::Core> core;
  Outlet outlet;
  Obedient* job{nullptr};
  int living{0}, ends{0};
  std::optional<ExitStatus> last;
  std::unique_ptr<Jobs> jobs;
};

TEST_F(JobsTest, AJobThatEndsByItselfIsToldOnceAndIsGone) {
  ASSERT_TRUE(jobs->launch(wanted({}), {.arguments = {"program"}}));
  EXPECT_EQ(jobs->describe(), "job 1: obey\n");
  job->end();
  job->end();
  EXPECT_EQ(living, 1) << "not from within its own call";
  ASSERT_TRUE(run_until(*reactor, [&] { return ends == 1; }));
  EXPECT_EQ(last, (ExitStatus{false, 7, false}));
  EXPECT_TRUE(jobs->empty());
}

TEST_F(JobsTest, AJobThatIsFinishedWritesItsRestAndItsEndIsNotTold) {
  const auto launched = jobs->launch(wanted({}), {.arguments = {"program"}});
  ASSERT_TRUE(launched);
  outlet.drained_();
  jobs->finish(launched->number);
  EXPECT_EQ(outlet.text, "launch drained finish ");
  EXPECT_EQ(living, 0);
  EXPECT_EQ(outlet.drained_, nullptr);
  jobs->finish(launched->number);
  ASSERT_TRUE(run_until(*reactor, [&] { return jobs->empty(); }));
  EXPECT_EQ(ends, 0);
}

TEST_F(JobsTest, WhatEndsWhileItIsJoinedIsToldAfterwards) {
  ASSERT_TRUE(jobs->join(wanted({Pid{100}})));
  EXPECT_EQ(ends, 0);
  ASSERT_TRUE(run_until(*reactor, [&] { return ends == 1; }));
}

TEST_F(JobsTest, WhatCannotBeJoinedIsNamedAndEndsTheJobOnlyIfItWasAll) {
  const auto refused = jobs->join(wanted({Pid{1}}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text, "not yours");
  EXPECT_TRUE(outlet.notes.empty());
  EXPECT_EQ(living, 0);
  ASSERT_TRUE(jobs->join(wanted({Pid{1}, Pid{200}})));
  EXPECT_EQ(outlet.notes, std::vector<std::string>{"not yours"});
  EXPECT_EQ(living, 1);
}

TEST_F(JobsTest, WhatCannotBeMadeOrStartedLeavesNothing) {
  EXPECT_EQ(jobs->join(wanted({Pid{200}}, "other")).error().text, "no such job");
  EXPECT_EQ(jobs->launch(wanted({}), {.arguments = {"bad"}}).error().code, Errc::no_resources);
  EXPECT_EQ(jobs->join(wanted({})).error().code, Errc::invalid);
  EXPECT_EQ(living, 0);
  EXPECT_TRUE(jobs->empty());
}

}  // namespace
}  // namespace cotrace::server
