#include "rsp/framing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

#include "rsp/escape.h"
#include "unit/rsp/run_length.h"

namespace cotrace::rsp {
namespace {

using test::expand;
using testing::ElementsAre;
using testing::IsEmpty;

// Items as short words, so that a sequence can be compared at once.
std::string describe(const Incoming& item) {
  struct Describer {
    std::string operator()(const incoming::Packet& p) const { return "packet " + p.payload; }
    std::string operator()(const incoming::BadChecksum& p) const { return "bad " + p.payload; }
    std::string operator()(const incoming::Overlong& /*item*/) const { return "overlong"; }
    std::string operator()(const incoming::Ack& /*item*/) const { return "ack"; }
    std::string operator()(const incoming::Nack& /*item*/) const { return "nack"; }
    std::string operator()(const incoming::Interrupt& /*item*/) const { return "interrupt"; }
  };
  return std::visit(Describer{}, item);
}

std::vector<std::string> drain(Framer& framer) {
  std::vector<std::string> out;
  while (auto item = framer.next()) out.push_back(describe(*item));
  return out;
}

std::vector<std::string> items_of(std::string_view bytes, std::size_t limit = 100) {
  Framer framer(limit);
  framer.feed(bytes);
  return drain(framer);
}

TEST(Framer, CutsPacketsAndTheBytesBetweenThem) {
  EXPECT_THAT(items_of("+$g#67-$?#3f\x03"), ElementsAre("ack", "packet g", "nack", "packet ?", "interrupt"));
}

TEST(Framer, AnEmptyPacketIsAPacket) {
  EXPECT_THAT(items_of("$#00"), ElementsAre("packet "));
}

TEST(Framer, GivesTheSameItemsHoweverTheBytesArePieced) {
  const std::string stream = "+" + frame("m1000,4") + "\x03" + frame("a}\x03z") + "-";
  const auto whole = items_of(stream);
  for (std::size_t piece = 1; piece < stream.size(); ++piece) {
    Framer framer(100);
    std::vector<std::string> items;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      framer.feed(std::string_view(stream).substr(at, piece));
      for (auto& item : drain(framer)) items.push_back(item);
    }
    EXPECT_EQ(items, whole) << "pieces of " << piece;
  }
}

TEST(Framer, FeedingBeforeAllIsTakenLosesNothing) {
  Framer framer(100);
  framer.feed("+-");
  EXPECT_EQ(describe(*framer.next()), "ack");
  framer.feed("$g#67");
  EXPECT_THAT(drain(framer), ElementsAre("nack", "packet g"));
}

TEST(Framer, IgnoresWhatMeansNothingBetweenPackets) {
  EXPECT_THAT(items_of("#67garbage\r\n\xff%$g#67}*"), ElementsAre("packet g"));
}

TEST(Framer, ChecksumsMayBeUpperCase) {
  EXPECT_THAT(items_of("$k#6B$k#6b"), ElementsAre("packet k", "packet k"));
}

TEST(Framer, MarksWrongChecksumsAndGoesOn) {
  EXPECT_THAT(items_of("$g#00$g#67$g#zz$g#6-"), ElementsAre("bad g", "packet g", "bad g", "bad g"));
}

TEST(Framer, ASumAbove255Wraps) {
  const std::string payload(300, '~');
  EXPECT_THAT(items_of(frame(payload), 400), ElementsAre("packet " + payload));
}

TEST(Framer, ControlCWithinAPacketIsData) {
  EXPECT_THAT(items_of(frame("X0,1:\x03")), ElementsAre("packet X0,1:\x03"));
}

TEST(Framer, UndoesEscapes) {
  // '}' ']' is '}', '}' 0x03 is '#', '}' 0x04 is '$'.
  EXPECT_THAT(items_of(frame("a}]b}\x03"
                             "c}\x04")),
              ElementsAre("packet a}b#c$"));
}

TEST(Framer, AnEscapedNulIsKept) {
  const std::string expected = "packet X" + std::string(1, '\0');
  EXPECT_THAT(items_of(frame("X} ")), ElementsAre(expected));
}

TEST(Framer, KeepsAnEscapeThatEscapesNothing) {
  EXPECT_THAT(items_of(frame("a}")), ElementsAre("packet a}"));
}

TEST(Framer, TakesStarsFromTheClientAsData) {
  EXPECT_THAT(items_of(frame("X0,4:0*!1")), ElementsAre("packet X0,4:0*!1"));
}

TEST(Framer, ADollarBeginsAgain) {
  EXPECT_THAT(items_of("$m1000,$g#67"), ElementsAre("packet g"));
}

TEST(Framer, APacketOfExactlyTheLimitPasses) {
  EXPECT_THAT(items_of(frame("12345678"), 8), ElementsAre("packet 12345678"));
}

TEST(Framer, DropsOverlongPacketsAndGoesOn) {
  EXPECT_THAT(items_of(frame("123456789") + frame("g"), 8), ElementsAre("overlong", "packet g"));
}

TEST(Framer, AnOverlongPacketIsOverlongWhateverItsChecksum) {
  EXPECT_THAT(items_of("$123456789#00", 8), ElementsAre("overlong"));
}

TEST(Framer, ANewPacketAfterAnOverlongBeginningIsWhole) {
  EXPECT_THAT(items_of("$1234567890$g#67", 8), ElementsAre("packet g"));
}

TEST(Framer, WaitsForTheRestOfAPacket) {
  EXPECT_THAT(items_of("$g#6"), IsEmpty());
  EXPECT_THAT(items_of("$g"), IsEmpty());
}

TEST(Frame, PutsSumAndMarksAround) {
  EXPECT_EQ(frame("OK"), "$OK#9a");
  EXPECT_EQ(frame(""), "$#00");
  EXPECT_EQ(frame_notification("Stop:T05"), "%Stop:T05#99");
}

TEST(RunLength, ShortensRuns) {
  EXPECT_EQ(run_length_encode("0000"), "0* ");
  EXPECT_EQ(run_length_encode("00000"), "0*!");
  EXPECT_EQ(run_length_encode("000"), "000");
  EXPECT_EQ(run_length_encode("xxxxxxxxa"), "x*\"xxa");  // 7 more would be '$', 6 '#'
  EXPECT_EQ(run_length_encode(""), "");
}

TEST(RunLength, EveryLengthComesBackAndUsesNoForbiddenCount) {
  for (std::size_t length = 0; length < 400; ++length) {
    const std::string text = "a" + std::string(length, '0') + "b";
    const auto encoded = run_length_encode(text);
    EXPECT_EQ(expand(encoded), text);
    EXPECT_LE(encoded.size(), text.size());
    EXPECT_EQ(encoded.find_first_of("#$+-"), std::string::npos) << length;
  }
}

// Runs of every length at every place, with others close by.
TEST(RunLength, WhateverTheTextItComesBack) {
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    while (text.size() < random() % 64) text.append(random() % 12, "0f}"[random() % 3]);
    // An escape is two characters.
    for (std::size_t at = 0; (at = text.find('}', at)) != std::string::npos; at += 2)
      text.insert(at + 1, "]");
    const auto encoded = run_length_encode(text);
    ASSERT_EQ(expand(encoded), text) << text;
    ASSERT_LE(encoded.size(), text.size());
  }
}

TEST(RunLength, LeavesEscapedBytesAlone) {
  std::vector<std::byte> bytes(20, std::byte{'*'});
  bytes.insert(bytes.end(), 20, std::byte{'}'});
  bytes.insert(bytes.end(), 20, std::byte{0x5d});  // what follows the '}' of an escaped '}'
  bytes.insert(bytes.end(), 20, std::byte{0});
  const auto escaped = escape_binary(bytes, 1000).text;
  EXPECT_EQ(expand(run_length_encode(escaped)), escaped);
}

}  // namespace
}  // namespace cotrace::rsp
