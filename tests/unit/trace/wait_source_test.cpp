// Fake waits: who is asked, in which order statuses come out, and what a drain may miss.

#include "trace/wait_source.h"

#include <algorithm>
#include <deque>
#include <gtest/gtest.h>
#include <set>
#include <sys/wait.h>

namespace cotrace::trace {
namespace {

// A kernel with statuses that wait for somebody to ask; as the real one, peek names the newest first.
struct Kernel {
  std::deque<sys::WaitStatus> ready;
  std::set<Tid> strangers;  // not traced from here
  std::set<Tid> killed;     // in their stops: SIGKILL ends these when somebody asks for them
  int asked_one{0};
  int asked_any{0};
};

class FakeWaits : public sys::WaitCalls {
 public:
  explicit FakeWaits(Kernel& kernel) : kernel_(kernel) {}
  std::optional<sys::WaitStatus> wait_one(Tid tid) override {
    ++kernel_.asked_one;
    auto it = std::ranges::find(kernel_.ready, tid, &sys::WaitStatus::tid);
    if (it == kernel_.ready.end()) return std::nullopt;
    auto status = *it;
    kernel_.ready.erase(it);
    if (kernel_.killed.contains(tid)) return std::nullopt;
    return status;
  }
  std::optional<sys::ReadyTask> peek() override {
    ++kernel_.asked_any;
    if (kernel_.ready.empty()) return std::nullopt;
    const auto& status = kernel_.ready.back();
    return sys::ReadyTask{status.tid, WIFSTOPPED(status.status)};
  }
  bool traced_here(Tid tid) override { return !kernel_.strangers.contains(tid); }

 private:
  Kernel& kernel_;
};

class WaitSourceTest : public ::testing::Test {
 protected:
  Kernel kernel;
  WaitSource waits{std::make_unique<FakeWaits>(kernel)};

  static std::vector<int> tids(const std::vector<sys::WaitStatus>& statuses) {
    std::vector<int> out;
    for (const auto& status : statuses) out.push_back(status.tid.value);
    return out;
  }
};

TEST_F(WaitSourceTest, OneRunningTaskIsAskedByNameHoweverManyStand) {
  waits.expect(Tid{7});
  kernel.ready.push_back({Tid{7}, 0x57f});
  const auto got = waits.drain(Tid{7});
  EXPECT_EQ(tids(got), (std::vector{7}));
  EXPECT_EQ(kernel.asked_any, 0);
  EXPECT_EQ(kernel.asked_one, 1);
}

TEST_F(WaitSourceTest, TheDeathOfAStoppedTaskWhoseHintWasLostIsFoundByTheAudit) {
  waits.expect(Tid{7});
  kernel.ready.push_back({Tid{7}, 0x57f});
  kernel.ready.push_back({Tid{8}, 9});  // stands, and was killed; its SIGCHLD fell together with the other
  EXPECT_EQ(tids(waits.drain(Tid{7})), (std::vector{7}));
  EXPECT_TRUE(waits.audit_due());
  EXPECT_EQ(tids(waits.drain_all()), (std::vector{8}));
  EXPECT_FALSE(waits.audit_due());
}

TEST_F(WaitSourceTest, AHintThatNoRunningTaskExplainsMakesItLookAtAll) {
  waits.expect(Tid{7});
  kernel.ready.push_back({Tid{8}, 9});
  kernel.ready.push_back({Tid{7}, 0x57f});
  const auto got = waits.drain(Tid{8});
  EXPECT_EQ(tids(got), (std::vector{8, 7}));
}

TEST_F(WaitSourceTest, NoHintMeansLookAtAll) {
  kernel.ready.push_back({Tid{3}, 9});
  EXPECT_EQ(tids(waits.drain(std::nullopt)), (std::vector{3}));
}

TEST_F(WaitSourceTest, AStopThatSigkillTookBackHidesNothing) {
  kernel.ready.push_back({Tid{3}, 0x57f});
  kernel.ready.push_back({Tid{4}, 0x57f});
  kernel.killed = {Tid{4}};
  EXPECT_EQ(tids(waits.drain(std::nullopt)), (std::vector{3}));
}

TEST_F(WaitSourceTest, TheOldestComesFirstAndEachTaskOnce) {
  for (int tid = 1; tid <= 10; ++tid) kernel.ready.push_back({Tid{tid}, 0x57f});
  EXPECT_EQ(tids(waits.drain_all()), (std::vector{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
}

TEST_F(WaitSourceTest, ManyAtOnceAreSweptByName) {
  constexpr int many = 1000;
  for (int tid = 1; tid <= many; ++tid) {
    waits.expect(Tid{tid});
    kernel.ready.push_back({Tid{tid}, 0x57f});
  }
  EXPECT_EQ(waits.drain(Tid{1}).size(), static_cast<std::size_t>(many));
  // waitpid(-1) over a thousand tasks a thousand times would be a million looks.
  EXPECT_LE(kernel.asked_any, static_cast<int>(WaitSource::few) + 1);
}

TEST_F(WaitSourceTest, ATaskThatStandsIsNotAskedFor) {
  waits.expect(Tid{7});
  waits.expect_nothing(Tid{7});
  waits.expect(Tid{9});
  kernel.ready.push_back({Tid{9}, 0x57f});
  (void)waits.drain(Tid{9});
  EXPECT_EQ(kernel.asked_one, 1);
}

// A leader's end is there to be taken only when its threads' have been: the order of taking is that of
// ending.
TEST_F(WaitSourceTest, DeathsComeInTheOrderTheyWereTakenAndBeforeTheStops) {
  for (int tid = 1; tid <= 5; ++tid) waits.expect(Tid{tid});
  kernel.ready = {{Tid{1}, 0x1900}, {Tid{4}, 0x57f}, {Tid{2}, 9}, {Tid{5}, 0x57f}, {Tid{3}, 9}};
  EXPECT_EQ(tids(waits.drain_all()), (std::vector{3, 2, 1, 4, 5}));
}

TEST_F(WaitSourceTest, AChildOfTheProcessAroundTheCoreIsLeftToIt) {
  waits.expect(Tid{7});
  waits.expect(Tid{9});
  waits.expect_nothing(Tid{9});
  kernel.ready = {{Tid{7}, 0x57f}, {Tid{9}, 9}, {Tid{50}, 0}};
  kernel.strangers = {Tid{50}};
  // It hides the others, and its own SIGCHLD came as well.
  EXPECT_EQ(tids(waits.drain(Tid{50})), (std::vector{9, 7}));
  EXPECT_TRUE(waits.drain_all().empty());
  EXPECT_EQ(kernel.ready.size(), 1U);
}

TEST_F(WaitSourceTest, ANewTaskBehindAStrangerIsFoundByItsHintAndWhenItBecomesKnown) {
  kernel.ready = {{Tid{60}, 0x57f}, {Tid{61}, 0x57f}, {Tid{50}, 0}};
  kernel.strangers = {Tid{50}};
  EXPECT_EQ(tids(waits.drain(Tid{60})), (std::vector{60}));
  EXPECT_FALSE(waits.poll(Tid{60}));
  EXPECT_TRUE(waits.poll(Tid{61}));
}

TEST_F(WaitSourceTest, ANewTaskThatDiesBeforeItsCreatorToldOfItIsTaken) {
  kernel.ready = {{Tid{50}, 9}};
  EXPECT_EQ(tids(waits.drain(Tid{50})), (std::vector{50}));
}

TEST_F(WaitSourceTest, TheEndOfAnInheritedChildIsTakenAndToldToNobody) {
  kernel.strangers.insert(Tid{7});
  waits.expect(Tid{5});
  waits.inherit(Tid{7});
  kernel.ready.push_back({Tid{5}, 0x57f});
  kernel.ready.push_back({Tid{7}, 0});
  EXPECT_EQ(tids(waits.drain_all()), (std::vector{5}));
  EXPECT_TRUE(kernel.ready.empty());
  // Once: the id may be anybody's then.
  kernel.ready.push_back({Tid{7}, 0});
  EXPECT_TRUE(waits.drain_all().empty());
  EXPECT_EQ(kernel.ready.size(), 1U);
}

TEST_F(WaitSourceTest, AnInheritedChildThatIsTracedAgainIsOneLikeAnyOther) {
  waits.inherit(Tid{7});
  waits.expect(Tid{7});
  kernel.ready.push_back({Tid{7}, 0});
  EXPECT_EQ(tids(waits.drain_all()), (std::vector{7}));
}

TEST_F(WaitSourceTest, AnIdThatWasForgottenMayBeAnybodys) {
  waits.expect(Tid{7});
  waits.forget(Tid{7});
  kernel.ready = {{Tid{7}, 0}};
  kernel.strangers = {Tid{7}};
  EXPECT_TRUE(waits.drain(Tid{7}).empty());
}

}  // namespace
}  // namespace cotrace::trace
