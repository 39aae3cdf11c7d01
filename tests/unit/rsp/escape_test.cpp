#include "rsp/escape.h"

#include <gtest/gtest.h>
#include <vector>

#include "rsp/framing.h"

namespace cotrace::rsp {
namespace {

std::vector<std::byte> all_bytes() {
  std::vector<std::byte> out;
  for (unsigned i = 0; i < 256; ++i) out.push_back(static_cast<std::byte>(i));
  return out;
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text});
}

TEST(Escape, EscapesWhatAReplyCannotHold) {
  const auto out = escape_binary(bytes_of("a#$}*b"), 100);
  EXPECT_EQ(out.text, "a}\x03}\x04}]}\nb");
  EXPECT_EQ(out.consumed, 6U);
}

TEST(Escape, EveryByteComesBack) {
  const auto bytes = all_bytes();
  const auto out = escape_binary(bytes, 1000);
  EXPECT_EQ(out.consumed, 256U);
  EXPECT_EQ(out.text.size(), 256U + 4U);
  const auto back = unescape(out.text);
  EXPECT_TRUE(std::ranges::equal(std::as_bytes(std::span{back}), bytes));
}

TEST(Escape, StopsAtTheLimitAndNeverInTheMiddleOfAnEscape) {
  EXPECT_EQ(escape_binary(bytes_of("abcd"), 3).text, "abc");
  EXPECT_EQ(escape_binary(bytes_of("ab#"), 3).consumed, 2U);
  EXPECT_EQ(escape_binary(bytes_of("ab#"), 4).consumed, 3U);
  EXPECT_EQ(escape_binary(bytes_of("abc"), 0).consumed, 0U);
}

TEST(Escape, WhatIsEscapedSurvivesTheFramer) {
  const auto bytes = all_bytes();
  Framer framer(1000);
  framer.feed(frame(escape_binary(bytes, 1000).text));
  const auto item = framer.next();
  ASSERT_TRUE(item);
  const auto* packet = std::get_if<incoming::Packet>(&*item);
  ASSERT_NE(packet, nullptr);
  EXPECT_TRUE(std::ranges::equal(std::as_bytes(std::span{packet->payload}), bytes));
}

}  // namespace
}  // namespace cotrace::rsp
