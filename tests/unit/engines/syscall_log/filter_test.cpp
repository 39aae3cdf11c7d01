// Expressions of -e.
#include "engines/syscall_log/filter.h"

#include <csignal>

#include "engines/syscall_log/summary.h"
#include "unit/engines/syscall_log/fake_program.h"

namespace cotrace::engines::syscall_log::test {
namespace {

bool traces(const Filter& filter, std::string_view call) {
  return filter.traces(CallTable::native, *call_number(CallTable::native, call));
}

Filter filter_of(std::vector<std::string> expressions) {
  auto filter = parse_filter(expressions);
  EXPECT_TRUE(filter) << filter.error().text;
  return filter.value_or(Filter{});
}

TEST(Filters, WithoutExpressionsEverythingIsShown) {
  const Filter filter = filter_of({});
  EXPECT_TRUE(traces(filter, "read"));
  EXPECT_TRUE(filter.traces(CallTable::native, 9999));
  EXPECT_TRUE(filter.shows_signal(SIGCHLD));
  EXPECT_TRUE(filter.shows_every_status());
}

TEST(Filters, NamesAndWhatIsNotNamed) {
  const Filter some = filter_of({"trace=openat,read"});
  EXPECT_TRUE(traces(some, "read"));
  EXPECT_FALSE(traces(some, "write"));
  EXPECT_FALSE(some.traces(CallTable::native, 9999));
  const Filter others = filter_of({"!openat,read"});
  EXPECT_FALSE(traces(others, "read"));
  EXPECT_TRUE(traces(others, "write"));
  EXPECT_TRUE(others.traces(CallTable::native, 9999));
}

TEST(Filters, TheSameNameInBothTables) {
  const Filter filter = filter_of({"getppid"});
  EXPECT_TRUE(filter.traces(CallTable::native, 110));
  EXPECT_TRUE(filter.traces(CallTable::compat, 64));
  EXPECT_FALSE(filter.traces(CallTable::compat, 110));
}

TEST(Filters, Classes) {
  const Filter file = filter_of({"%file"});
  for (const auto* call : {"openat", "execve", "rename", "statfs", "getcwd", "newfstatat"})
    EXPECT_TRUE(traces(file, call)) << call;
  for (const auto* call : {"read", "fstat", "mmap", "socket"}) EXPECT_FALSE(traces(file, call)) << call;
  const Filter desc = filter_of({"trace=%desc"});
  for (const auto* call : {"read", "openat", "mmap", "poll", "dup2", "epoll_create1"})
    EXPECT_TRUE(traces(desc, call)) << call;
  for (const auto* call : {"stat", "munmap", "socket"}) EXPECT_FALSE(traces(desc, call)) << call;
  EXPECT_TRUE(traces(filter_of({"%net"}), "connect"));
  EXPECT_TRUE(traces(filter_of({"%%stat"}), "statx"));
  EXPECT_FALSE(traces(filter_of({"%stat"}), "statx"));
  EXPECT_FALSE(traces(filter_of({"!%memory"}), "brk"));
}

TEST(Filters, RegularExpressions) {
  const Filter filter = filter_of({"/^get(p|pp)id$"});
  EXPECT_TRUE(traces(filter, "getppid"));
  EXPECT_FALSE(traces(filter, "gettid"));
}

TEST(Filters, WhatThereMayNotBe) {
  EXPECT_TRUE(traces(filter_of({"?no_such_call,read"}), "read"));
  for (const auto* word : {"no_such_call", "%no_class", "/(", "?/("}) {
    const auto filter = parse_filter({std::string("trace=") + word});
    ASSERT_FALSE(filter) << word;
    EXPECT_EQ(filter.error().code, Errc::invalid);
  }
  EXPECT_NE(parse_filter({"trace=read,odd"}).error().text.find("'odd'"), std::string::npos);
  EXPECT_FALSE(parse_filter({"trace="}));
  EXPECT_FALSE(parse_filter({"colour=red"}));
}

TEST(Filters, SignalsAndStatuses) {
  const Filter none = filter_of({"signal=none"});
  EXPECT_FALSE(none.shows_signal(SIGCHLD));
  EXPECT_TRUE(traces(none, "read"));
  const Filter some = filter_of({"signal=!SIGCHLD,usr1"});
  EXPECT_FALSE(some.shows_signal(SIGUSR1));
  EXPECT_TRUE(some.shows_signal(SIGINT));
  const Filter failed = filter_of({"status=failed,unfinished"});
  EXPECT_TRUE(failed.shows(CallStatus::failed));
  EXPECT_FALSE(failed.shows(CallStatus::successful));
  EXPECT_FALSE(failed.shows_every_status());
}

TEST(Filters, ALaterExpressionOfAKindReplacesAnEarlierOne) {
  const Filter filter = filter_of({"trace=read", "raw=read", "trace=write"});
  EXPECT_FALSE(traces(filter, "read"));
  EXPECT_TRUE(traces(filter, "write"));
  EXPECT_TRUE(filter.raw(CallTable::native, *call_number(CallTable::native, "read")));
}

TEST(Summaries, MostTimeFirst) {
  using std::chrono::microseconds;
  Summary summary;
  EXPECT_EQ(summary.text(), "");
  summary.count("read", microseconds(10), false);
  summary.count("read", microseconds(20), true);
  summary.count("write", microseconds(90), false);
  EXPECT_EQ(summary.text(),
            "% time     seconds  usecs/call     calls    errors syscall\n"
            "------ ----------- ----------- --------- --------- ----------------\n"
            " 75.00    0.000090          90         1           write\n"
            " 25.00    0.000030          15         2         1 read\n"
            "------ ----------- ----------- --------- --------- ----------------\n"
            "100.00    0.000120          40         3         1 total\n");
}

}  // namespace
}  // namespace cotrace::engines::syscall_log::test
