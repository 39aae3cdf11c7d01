// Acks, retransmission, damaged packets: byte for byte.
#include <gmock/gmock.h>

#include "unit/session/client.h"

namespace cotrace::session::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WireTest : public ::testing::Test {
 protected:
  WireTest() { target.add(ref(1, 1)); }
  FakeTarget target;
  Client client{target};
};

TEST_F(WireTest, AcksAPacketBeforeItsAnswerAndSendsBothAtOnce) {
  EXPECT_THAT(client.raw("$?#3f"), ElementsAre("+", "$T0002:0000000000000000;thread:1;"));
  EXPECT_EQ(client.sends, 1);
}

TEST_F(WireTest, RefusesADamagedPacketAndDoesNothing) {
  EXPECT_THAT(client.raw("$M1000,1:00#00"), ElementsAre("-"));
  EXPECT_THAT(target.take_calls(), IsEmpty());
  EXPECT_THAT(client.raw("$vMustReplyEmpty#xy"), ElementsAre("-"));
}

TEST_F(WireTest, SendsTheLastAnswerAgainOnANack) {
  client.raw("$qC#b4");
  EXPECT_THAT(client.raw("-"), ElementsAre("$QC1"));
  EXPECT_THAT(client.raw("-+"), ElementsAre("$QC1"));
}

TEST_F(WireTest, AnswersARepeatedPacketWithoutCarryingItOutTwice) {
  // The ack was lost: the client sends the write again before it has acked the answer.
  const std::string write = rsp::frame("M1000,1:41");
  EXPECT_THAT(client.raw(write), ElementsAre("+", "$OK"));
  EXPECT_THAT(client.raw(write), ElementsAre("+", "$OK"));
  EXPECT_EQ(target.take_calls().size(), 1U);
  // Once acked, the same packet is a new one.
  EXPECT_THAT(client.raw("+" + write), ElementsAre("+", "$OK"));
  EXPECT_EQ(target.take_calls().size(), 1U);
}

TEST_F(WireTest, ARepeatedResumeDoesNotResumeTwice) {
  const std::string step = rsp::frame("vCont;s:1");
  EXPECT_THAT(client.raw(step), ElementsAre("+"));
  EXPECT_THAT(client.raw(step), ElementsAre("+"));
  EXPECT_THAT(target.take_calls(), ElementsAre("resume 1.1:s0"));
}

TEST_F(WireTest, EndsAcksWhenTheOkIsAcked) {
  EXPECT_THAT(client.raw(rsp::frame("QStartNoAckMode")), ElementsAre("+", "$OK"));
  EXPECT_THAT(client.raw("-"), ElementsAre("$OK"));
  EXPECT_THAT(client.raw("+" + rsp::frame("qC")), ElementsAre("$QC1"));
  EXPECT_THAT(client.raw("-"), IsEmpty());
}

TEST_F(WireTest, EndsAcksAlsoWhenTheNextPacketComesWithoutThatAck) {
  client.raw(rsp::frame("QStartNoAckMode"));
  EXPECT_THAT(client.raw(rsp::frame("qC")), ElementsAre("$QC1"));
}

TEST_F(WireTest, RepeatsTheOkOfStartNoAckModeToAClientThatAsksAgain) {
  client.raw(rsp::frame("QStartNoAckMode"));
  EXPECT_THAT(client.raw(rsp::frame("QStartNoAckMode")), ElementsAre("+", "$OK"));
}

TEST_F(WireTest, TakesPacketsWithAnyChecksumWithoutAcks) {
  client.start();
  EXPECT_THAT(client.raw("$qC#00"), ElementsAre("$QCp1.1"));
}

TEST_F(WireTest, AnswersAnOverlongPacketWithAnError) {
  EXPECT_THAT(client.raw(rsp::frame("X1000," + std::string(300'000, 'a'))), ElementsAre("+", "$E01"));
  EXPECT_THAT(client.raw("+" + rsp::frame("qC")), ElementsAre("+", "$QC1"));
}

TEST_F(WireTest, TakesTheSameBytesInPiecesOfAnySize) {
  const std::string bytes = "+" + rsp::frame("qSupported:multiprocess+") + "+" +
                            rsp::frame("QStartNoAckMode") + "+" + rsp::frame("Hgp1.1") +
                            rsp::frame("M1000,4:deadbeef") + rsp::frame("m1000,4") + "\x03" +
                            rsp::frame("qC");
  const auto whole = Client(target).raw(bytes);
  ASSERT_EQ(whole.back(), "$QCp1.1");
  for (std::size_t first = 1; first < bytes.size(); ++first) {
    Client pieces(target);
    auto items = pieces.raw(std::string_view(bytes).substr(0, first));
    const auto rest = pieces.raw(std::string_view(bytes).substr(first));
    items.insert(items.end(), rest.begin(), rest.end());
    EXPECT_EQ(items, whole) << "cut at " << first;
  }
  Client single(target);
  std::vector<std::string> items;
  for (const char c : bytes) {
    const auto more = single.raw(std::string_view(&c, 1));
    items.insert(items.end(), more.begin(), more.end());
  }
  EXPECT_EQ(items, whole);
}

TEST_F(WireTest, SkipsNoiseBetweenPackets) {
  EXPECT_THAT(client.raw("\r\nxyz" + rsp::frame("qC")), ElementsAre("+", "$QC1"));
}

TEST_F(WireTest, LogsPacketsInBothDirections) {
  std::vector<std::string> log;
  SessionOptions options;
  options.log = [&](bool from_client, std::string_view packet) {
    log.push_back((from_client ? "> " : "< ") + std::string(packet));
  };
  Client logged(target, std::move(options));
  logged.raw(rsp::frame("qC"));
  EXPECT_THAT(log, ElementsAre("> qC", "< QC1"));
}

TEST_F(WireTest, ASessionMayBeDestroyedWhileItSends) {
  client.on_send = [&] { client.session.reset(); };
  client.session->receive(rsp::frame("qC"));
  EXPECT_EQ(client.session, nullptr);
  target.report(ref(1, 1), stop::Step{});  // nobody listens
}

TEST_F(WireTest, LongRepliesGoWithTheirRunsShortened) {
  target.memory.assign(0x1000, '\0');
  client.sent.clear();
  client.session->receive(rsp::frame("m1000,1000"));
  EXPECT_LT(client.sent.size(), 300U);
  EXPECT_THAT(client.take(), ElementsAre("+", "$" + std::string(0x2000, '0')));
}

}  // namespace
}  // namespace cotrace::session::test
