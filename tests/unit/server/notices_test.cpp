#include "server/notices.h"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>

#include "unit/server/support.h"

namespace cotrace::server {
namespace {

using testing::make_reactor;
using testing::pipe_pair;
using testing::read_now;
using testing::run_until;

TEST(Notices, WritesLines) {
  const auto reactor = make_reactor();
  const auto pipe = pipe_pair();
  Notices notices(*reactor, pipe.theirs.get());
  notices.line("Listening on port 1");
  notices.line("");
  EXPECT_EQ(read_now(pipe.ours.get()), "Listening on port 1\n\n");
}

TEST(Notices, AFullPipeDoesNotBlockAndLosesNothingInOrder) {
  const auto reactor = make_reactor();
  const auto pipe = pipe_pair();
  ::fcntl(pipe.theirs.get(), F_SETPIPE_SZ, 4096);
  Notices notices(*reactor, pipe.theirs.get());
  std::string expected;
  for (int i = 0; i < 1000; ++i) {  // 6 to 7 bytes each: more than the pipe, less than the limit
    const auto line = "l " + std::to_string(i);
    notices.line(line);
    expected += line + "\n";
  }
  EXPECT_EQ(notices.dropped(), 0U);
  std::string got;
  ASSERT_TRUE(run_until(*reactor, [&] {
    got += read_now(pipe.ours.get());
    return got.size() >= expected.size();
  }));
  EXPECT_EQ(got, expected);
}

TEST(Notices, WhatNobodyReadsIsDroppedByWholeLines) {
  const auto reactor = make_reactor();
  const auto pipe = pipe_pair();
  {
    Notices notices(*reactor, pipe.theirs.get());
    for (int i = 0; i < 10'000; ++i) notices.line("Process x created; pid = 1");
    EXPECT_GT(notices.dropped(), 0U);
  }
}

TEST(Notices, OthersWhoShareTheTerminalAreNotMadeNonBlocking) {
  const auto reactor = make_reactor();
  const auto pipe = pipe_pair();
  const Notices notices(*reactor, pipe.theirs.get());
  EXPECT_EQ(::fcntl(pipe.theirs.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(Notices, AFileIsWrittenAtTheOffsetThatIsShared) {
  const testing::TemporaryDirectory directory;
  const auto path = directory / "log";
  const base::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT, 0600));
  const auto reactor = make_reactor();
  Notices notices(*reactor, file.get());
  ASSERT_EQ(::write(file.get(), "program\n", 8), 8);
  notices.line("server");
  ASSERT_EQ(::write(file.get(), "program\n", 8), 8);
  std::ifstream in(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "program\nserver\nprogram\n");
}

TEST(Notices, ASocketIsFineAndItsEndToo) {
  const auto reactor = make_reactor();
  auto pair = testing::socket_pair();
  Notices notices(*reactor, pair.ours.get());
  notices.line("one");
  EXPECT_EQ(read_now(pair.theirs.get()), "one\n");
  pair.theirs.close();
  notices.line("two");
  notices.line("three");
}

}  // namespace
}  // namespace cotrace::server
