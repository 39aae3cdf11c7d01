#include "linux/wait.h"

#include <gtest/gtest.h>
#include <set>

#include "linux/kcmp.h"
#include "linux/ptrace.h"
#include "unit/linux/child.h"

namespace cotrace::sys::test {
namespace {

TEST(Wait, NothingToReportIsNoStatus) {
  const auto waits = kernel_wait_calls();
  EXPECT_FALSE(waits->peek());  // no child at all
  Child child(pause_for_ever);
  EXPECT_FALSE(waits->peek());
  EXPECT_FALSE(waits->wait_one(child.tid()));
}

TEST(Wait, OneAsksForOneTaskOnly) {
  const auto waits = kernel_wait_calls();
  Child a(pause_for_ever);
  Child b(pause_for_ever);
  for (const Child* child : {&a, &b}) {
    ASSERT_TRUE(seize(child->tid(), 0));
    ASSERT_TRUE(interrupt(child->tid()));
    await_status(child->tid());
  }
  const auto first = waits->wait_one(a.tid());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->tid, a.tid());
  EXPECT_TRUE(WIFSTOPPED(first->status));
  EXPECT_FALSE(waits->wait_one(a.tid()));
  EXPECT_EQ(waits->wait_one(b.tid())->tid, b.tid());
  EXPECT_FALSE(waits->peek());
}

TEST(Wait, PeekNamesEveryTaskAndTakesNone) {
  const auto waits = kernel_wait_calls();
  Child a(pause_for_ever);
  Child b([](const auto&) { return 3; });
  Child c(pause_for_ever);
  ASSERT_TRUE(seize(a.tid(), 0));
  ASSERT_TRUE(interrupt(a.tid()));
  ASSERT_TRUE(send_signal(c.pid(), SIGKILL));
  std::set<Tid> expected;
  for (const Child* child : {&a, &b, &c}) {
    await_status(child->tid());
    expected.insert(child->tid());
  }
  std::set<Tid> seen;
  while (const auto ready = waits->peek()) {
    EXPECT_EQ(waits->peek()->tid, ready->tid);
    EXPECT_EQ(ready->is_ptrace_stop, ready->tid == a.tid());
    EXPECT_TRUE(waits->wait_one(ready->tid));
    EXPECT_TRUE(seen.insert(ready->tid).second);
  }
  EXPECT_EQ(seen, expected);
}

TEST(Wait, WhoIsTracedFromHereIsKnownOfZombiesToo) {
  const auto waits = kernel_wait_calls();
  Child traced([](const auto& ready) {
    ready();
    return pause_for_ever(ready);
  });
  Child own([](const auto&) { return 0; });
  ASSERT_TRUE(seize(traced.tid(), 0));
  EXPECT_TRUE(waits->traced_here(traced.tid()));
  ASSERT_TRUE(send_signal(traced.pid(), SIGKILL));
  await_status(traced.tid());
  await_status(own.tid());
  EXPECT_TRUE(waits->traced_here(traced.tid()));
  EXPECT_FALSE(waits->traced_here(own.tid()));
  EXPECT_TRUE(waits->wait_one(traced.tid()));
  EXPECT_FALSE(waits->traced_here(traced.tid()));
}

TEST(Wait, SetsOfChildrenCannotBeAskedFor) {
  Child child([](const auto&) { return 0; });
  await_status(child.tid());
  const auto waits = kernel_wait_calls();
  for (int id : {0, -1, -child.tid().value}) EXPECT_FALSE(waits->wait_one(Tid{id}));
  EXPECT_TRUE(waits->wait_one(child.tid()));
}

TEST(Kcmp, ProcessesShareTheirMemoryWithNobody) {
  Child child(pause_for_ever);
  EXPECT_EQ(share_memory(child.tid(), child.tid()), true);
  EXPECT_EQ(share_memory(Tid{::getpid()}, child.tid()), false);
  EXPECT_EQ(share_memory(Tid{0x7ffffff0}, child.tid()).error().code, Errc::gone);
}

}  // namespace
}  // namespace cotrace::sys::test
