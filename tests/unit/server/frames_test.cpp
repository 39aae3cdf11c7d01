#include "server/frames.h"

#include <gtest/gtest.h>

#include "server/control.h"

namespace cotrace::server {
namespace {

TEST(Frames, ArriveWholeHoweverTheyAreCut) {
  std::string bytes;
  for (int i = 0; i < 100; ++i)
    bytes += encode(i % 2 == 0 ? FrameKind::output : FrameKind::note,
                    std::string(static_cast<std::size_t>(i), 'x'));
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{7}, bytes.size()}) {
    FrameReader reader;
    std::size_t got = 0;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      reader.add(std::string_view(bytes).substr(at, piece));
      while (const auto frame = reader.next()) {
        EXPECT_EQ(frame->kind, got % 2 == 0 ? FrameKind::output : FrameKind::note);
        EXPECT_EQ(frame->text.size(), got);
        ++got;
      }
    }
    EXPECT_EQ(got, 100U);
    EXPECT_FALSE(reader.broken());
  }
}

TEST(Frames, WhatCannotBeOneBreaksTheReader) {
  for (const std::string& bytes : {std::string("x\0\0\0\0", 5), std::string("o\xff\xff\xff\xff", 5)}) {
    FrameReader reader;
    reader.add(bytes);
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.broken());
    reader.add(encode(FrameKind::output, "later"));
    EXPECT_FALSE(reader.next());
  }
}

TEST(ControlRequests, ComeBackAsTheyWere) {
  JobRequest job;
  job.words = {"trace", "-e", "trace=%file", "\xff not UTF-8"};
  job.processes = {Pid{12}, Pid{13}};
  job.all = true;
  job.all_with_init = true;
  job.directory = "/somewhere";
  job.columns = 132;
  job.rows = 50;
  job.terminal = job.to_file = job.unicode = true;
  const auto parsed = parse_request(to_json(ControlRequest(job)));
  ASSERT_TRUE(parsed);
  const auto& back = std::get<JobRequest>(*parsed);
  EXPECT_EQ(back.words.size(), 4U);
  EXPECT_EQ(back.words[2], "trace=%file");
  EXPECT_EQ(back.processes, job.processes);
  EXPECT_TRUE(back.all && back.all_with_init && back.terminal && back.to_file && back.unicode);
  EXPECT_EQ(back.directory, job.directory);
  EXPECT_EQ(back.columns, 132);
  EXPECT_EQ(back.rows, 50);
  EXPECT_TRUE(std::holds_alternative<Question>(*parse_request(to_json(ControlRequest(Question{})))));
}

TEST(ControlRequests, ThatAreNotUnderstoodAreRefused) {
  for (const char* text : {"", "[]", "{}", "{\"ask\": \"what\"}", "{\"run\": \"trace\", \"processes\": []}",
                           "{\"run\": [1], \"processes\": []}", "{\"run\": [\"trace\"]}",
                           "{\"run\": [\"trace\"], \"processes\": [\"12\"]}", "\xff\xfe"}) {
    const auto parsed = parse_request(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Errc::invalid);
  }
}

TEST(ControlRequests, TheEndOfAJobSaysHowItsProgramEnded) {
  EXPECT_EQ(parse_ended(to_json(std::optional<ExitStatus>{})).value(), std::nullopt);
  const auto status = parse_ended(to_json(std::optional(ExitStatus{true, 11, false})));
  ASSERT_TRUE(status && *status);
  EXPECT_TRUE((*status)->signalled);
  EXPECT_EQ((*status)->code, 11);
  EXPECT_FALSE(parse_ended("{\"code\": 1}"));
}

}  // namespace
}  // namespace cotrace::server
