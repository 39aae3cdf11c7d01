#include "rsp/thread_id.h"

#include <gtest/gtest.h>

namespace cotrace::rsp {
namespace {

using Threads = Selector<Tid>;
using Processes = Selector<Pid>;

ThreadId id(std::optional<Processes> process, Threads thread) {
  return {process, thread};
}

TEST(ThreadId, WithoutProcess) {
  EXPECT_EQ(parse_thread_id("1f"), id({}, Threads::one(Tid{0x1f})));
  EXPECT_EQ(parse_thread_id("0"), id({}, Threads::any()));
  EXPECT_EQ(parse_thread_id("-1"), id({}, Threads::all()));
  EXPECT_EQ(parse_thread_id("7fffffff"), id({}, Threads::one(Tid{0x7fffffff})));
}

TEST(ThreadId, WithProcess) {
  EXPECT_EQ(parse_thread_id("p2a.2B"), id(Processes::one(Pid{42}), Threads::one(Tid{43})));
  EXPECT_EQ(parse_thread_id("p0.0"), id(Processes::any(), Threads::any()));
  EXPECT_EQ(parse_thread_id("p2a.-1"), id(Processes::one(Pid{42}), Threads::all()));
  EXPECT_EQ(parse_thread_id("p-1.-1"), id(Processes::all(), Threads::all()));
}

TEST(ThreadId, AProcessAloneIsAllItsThreads) {
  EXPECT_EQ(parse_thread_id("p2a"), id(Processes::one(Pid{42}), Threads::all()));
  EXPECT_EQ(parse_thread_id("p-1"), id(Processes::all(), Threads::all()));
}

TEST(ThreadId, RefusesWhatIsNone) {
  for (const auto* text : {"",
                           "p",
                           "p.",
                           "p1.",
                           "p.1",
                           "-",
                           "-2",
                           "--1",
                           "-1x",
                           "80000000",
                           "ffffffff",
                           "123456789",
                           "11111111111111111",
                           "g",
                           "1 ",
                           " 1",
                           "0x1",
                           "p1.2.3",
                           "p1,2",
                           "pp1.1",
                           "p1.p1",
                           "p-1.5",
                           "p-2.1",
                           "p80000000.1",
                           "p1.80000000",
                           "+1",
                           "1;",
                           "p1.-2"}) {
    EXPECT_FALSE(parse_thread_id(text)) << text;
  }
}

TEST(ThreadId, IsWrittenAsItIsRead) {
  for (const auto* text : {"1f", "0", "-1", "p2a.2b", "p0.0", "p2a.-1", "p-1.-1", "p7fffffff.7fffffff"}) {
    const auto parsed = parse_thread_id(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(format_thread_id(*parsed), text);
  }
}

TEST(ThreadId, OneThreadIsWrittenAsTheClientSpeaks) {
  EXPECT_EQ(format_thread(Pid{42}, Tid{43}, true), "p2a.2b");
  EXPECT_EQ(format_thread(Pid{42}, Tid{43}, false), "2b");
}

TEST(ThreadId, ProcessIds) {
  EXPECT_EQ(parse_pid("2a"), Pid{42});
  for (const auto* text : {"", "0", "-1", "80000000", "p1", "1.", "zz"})
    EXPECT_FALSE(parse_pid(text)) << text;
}

}  // namespace
}  // namespace cotrace::rsp
