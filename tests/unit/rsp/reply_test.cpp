#include "rsp/reply.h"

#include <gtest/gtest.h>

#include "rsp/escape.h"

namespace cotrace::rsp {
namespace {

constexpr Encoding encoding{20, true};

std::vector<std::byte> bytes(std::string_view text) {
  const auto view = std::as_bytes(std::span{text});
  return {view.begin(), view.end()};
}

std::string part(std::string_view object, std::uint64_t offset, std::uint64_t length,
                 std::size_t packet = 100) {
  return encode(xfer_part(object, offset, length, packet), encoding);
}

TEST(Reply, PlainOnes) {
  EXPECT_EQ(encode(reply::Ok{}, encoding), "OK");
  EXPECT_EQ(encode(reply::Unsupported{}, encoding), "");
  EXPECT_EQ(encode(reply::Error{}, encoding), "E01");
  EXPECT_EQ(encode(reply::Error{255}, encoding), "Eff");
  EXPECT_EQ(encode(reply::Payload{"QC1"}, encoding), "QC1");
  EXPECT_EQ(encode(reply::Hex{bytes("a\xff")}, encoding), "61ff");
  EXPECT_EQ(encode(reply::Stop{stop_reply::NoResumed{}}, encoding), "N");
}

TEST(Reply, ErrorTextsHoldNothingThatBreaksAPacket) {
  EXPECT_EQ(encode(reply::ErrorText{"no such pid"}, encoding), "E.no such pid");
  EXPECT_EQ(encode(reply::ErrorText{"a*b$c#d}e\nf"}, encoding), "E.a?b?c?d?e f");
  EXPECT_EQ(encode(reply::ErrorText{std::string(100, 'x')}, encoding).size(), 20U);
}

TEST(Reply, BinaryIsEscapedAndFitsThePacket) {
  EXPECT_EQ(encode(reply::Binary{"b", bytes("a#")}, encoding), "ba}\x03");
  const auto full = encode(reply::Binary{"b", bytes(std::string(50, '*'))}, encoding);
  EXPECT_EQ(full.size(), 19U);  // the last of 20 characters holds no whole escape
}

TEST(Xfer, GivesTheWholeAtOnceIfItFits) {
  EXPECT_EQ(part("hello", 0, 100), "lhello");
  EXPECT_EQ(part("", 0, 100), "l");
}

TEST(Xfer, SaysWhetherThereIsMore) {
  EXPECT_EQ(part("hello", 0, 3), "mhel");
  EXPECT_EQ(part("hello", 3, 3), "llo");
  EXPECT_EQ(part("hello", 5, 3), "l");
  EXPECT_EQ(part("hello", 0, 5), "lhello");
}

TEST(Xfer, BeyondTheEndIsAnError) {
  EXPECT_EQ(part("hello", 6, 3), "E01");
  EXPECT_EQ(part("hello", 0xffffffffffffffff, 0xffffffffffffffff), "E01");
}

TEST(Xfer, OffsetsCountUnescapedBytes) {
  EXPECT_EQ(part("#*x", 1, 1), "m}\n");
  EXPECT_EQ(part("#*x", 2, 9), "lx");
}

TEST(Xfer, PiecesOfAnySizePutTogetherAreTheObject) {
  std::string object;
  for (int i = 0; i < 700; ++i) object += static_cast<char>(i * 7);
  for (std::size_t packet = 3; packet < 64; ++packet) {
    std::string got;
    for (;;) {
      const auto reply = part(object, got.size(), 40, packet);
      ASSERT_LE(reply.size(), packet);
      ASSERT_FALSE(reply.empty());
      got += unescape(std::string_view(reply).substr(1));
      if (reply[0] == 'l') break;
      ASSERT_EQ(reply[0], 'm');
    }
    EXPECT_EQ(got, object) << packet;
  }
}

TEST(Registers, UnavailableOnesAreCrosses) {
  std::string out;
  append_register(out, bytes("ab"), true);
  append_register(out, bytes("ab"), false);
  EXPECT_EQ(out, "6162xxxx");
}

TEST(Console, TextGoesAsHex) {
  EXPECT_EQ(console_output("hi\n"), "O68690a");
}

}  // namespace
}  // namespace cotrace::rsp
