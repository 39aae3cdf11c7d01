// HoldChanged: who asks for it hears of the holds of others, by their names, and of nobody else's.

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

class Named : public Diary {
 public:
  explicit Named(std::string name) : name_(std::move(name)) {}
  std::string name() const override { return name_; }

 private:
  std::string name_;
};

class Holds : public Tracing {
 protected:
  // "+a" where a began to hold the task, "-a" where it let go.
  static std::string told(const Diary& engine) {
    std::string out;
    for (const auto& entry : engine.entries) {
      if (const auto* change = std::get_if<event::HoldChanged>(&entry.event))
        out += (change->held ? "+" : "-") + change->by;
    }
    return out;
  }
};

TEST_F(Holds, OfOthersAreToldAndOnesOwnAreNot) {
  Named a("a"), b("b"), watcher("watcher");
  auto program = launch(a, {"spin", "1", "wait"});
  ASSERT_TRUE(core->attach(program.task, watcher, {everything.with(EventKind::hold), false, true}));
  hold_too(b, program.task);
  resume(a, program.task);
  resume(a, program.task);  // no change
  control(watcher, program.task, ResumeAction::stop);
  resume(watcher, program.task);
  resume(b, program.task);
  drain();
  EXPECT_EQ(told(watcher), "+b-a-b");
  EXPECT_EQ(told(a), "");
  EXPECT_EQ(told(b), "");
}

TEST_F(Holds, EndWithADetach) {
  Named a("a"), watcher("watcher");
  auto program = launch(a, {"spin", "1", "wait"});
  ASSERT_TRUE(core->attach(program.task, watcher, {everything.with(EventKind::hold), false, true}));
  ASSERT_TRUE(core->detach(program.task, a));
  drain();
  EXPECT_EQ(told(watcher), "-a");
}

TEST_F(Holds, ThatAVerdictBeginsAreTold) {
  Named a("a"), watcher("watcher");
  auto program = launch(a, {"forks", "fork", "1"});
  ASSERT_TRUE(core->attach(program.task, watcher, {everything.with(EventKind::hold), false, true}));
  a.behave([](TaskId, const Event& event) {
    return std::holds_alternative<event::Cloned>(event) ? holding : Verdict{};
  });
  resume(a, program.task);
  program.go();
  EXPECT_TRUE(until([&] { return told(watcher) == "-a+a"; }));
  a.behave(nullptr);
  resume(a, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
}

// The answer to a notice is not looked at: nobody holds by it, and nothing is detached.
TEST_F(Holds, AnAnswerToTheNoticeDoesNothing) {
  Named a("a"), watcher("watcher");
  auto program = launch(a, {"spin", "1", "wait"});
  ASSERT_TRUE(core->attach(program.task, watcher, {everything.with(EventKind::hold), false, true}));
  watcher.behave([](TaskId, const Event& event) {
    return std::holds_alternative<event::HoldChanged>(event) ? holding : Verdict{};
  });
  resume(a, program.task);
  drain();
  EXPECT_EQ(told(watcher), "-a");
  EXPECT_FALSE(core->holds(program.task, watcher));
  EXPECT_EQ(core->info(program.task)->state, trace::TaskState::running);
}

}  // namespace
}  // namespace cotrace::test
