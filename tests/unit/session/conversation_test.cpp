// Features, modes of the conversation, unknown and malformed packets.
#include <gmock/gmock.h>

#include "session/dispatch_table.h"
#include "unit/session/client.h"

namespace cotrace::session::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::set<std::string> items(const std::string& reply) {
  std::set<std::string> all;
  for (std::size_t at = 0; at <= reply.size();) {
    const auto end = std::min(reply.find(';', at), reply.size());
    all.insert(reply.substr(at, end - at));
    at = end + 1;
  }
  return all;
}

TEST(Features, AdvertisesWhatTheTargetCanDo) {
  FakeTarget target;
  Client client(target);
  client.start();
  const auto reply = client.ask(
      "qSupported:multiprocess+;swbreak+;hwbreak+;fork-events+;vfork-events+;exec-events+;no-resumed+");
  EXPECT_THAT(reply, StartsWith("PacketSize=20000;"));
  const auto all = items(reply);
  for (const char* feature : {"QStartNoAckMode+",
                              "QNonStop+",
                              "QPassSignals+",
                              "QProgramSignals+",
                              "QCatchSyscalls+",
                              "QThreadEvents+",
                              "QThreadOptions=3",
                              "vContSupported+",
                              "binary-upload+",
                              "ConditionalBreakpoints+",
                              "BreakpointCommands+",
                              "QDisableRandomization+",
                              "QStartupWithShell+",
                              "QEnvironmentHexEncoded+",
                              "QEnvironmentUnset+",
                              "QEnvironmentReset+",
                              "QSetWorkingDir+",
                              "qXfer:features:read+",
                              "qXfer:threads:read+",
                              "qXfer:auxv:read+",
                              "qXfer:exec-file:read+",
                              "qXfer:libraries-svr4:read+",
                              "augmented-libraries-svr4-read+",
                              "qXfer:osdata:read+",
                              "qXfer:siginfo:read+",
                              "qXfer:siginfo:write+",
                              "multiprocess+",
                              "swbreak+",
                              "hwbreak+",
                              "fork-events+",
                              "vfork-events+",
                              "exec-events+",
                              "no-resumed+"}) {
    EXPECT_TRUE(all.contains(feature)) << feature;
  }
}

TEST(Features, LeavesOutWhatTheTargetHasNot) {
  FakeTarget target;
  target.have_parts = false;
  target.have_processes = false;
  Client client(target);
  client.start();
  const auto all = items(client.ask("qSupported:multiprocess+;fork-events+"));
  EXPECT_EQ(all, (std::set<std::string>{"PacketSize=20000", "QStartNoAckMode+", "QNonStop+", "qEcho+",
                                        "vContSupported+", "binary-upload+", "qXfer:features:read+",
                                        "qXfer:threads:read+", "multiprocess+"}));
  for (const char* packet :
       {"QPassSignals:", "QCatchSyscalls:0", "Z0,1000,1", "vRun;61", "vFile:close:1", "qRcmd,61",
        "qXfer:auxv:read::0,10", "qGetTLSAddr:1,0,1", "QThreadEvents:1", "!", "qAttached"}) {
    EXPECT_EQ(client.ask(packet), "") << packet;
  }
}

TEST(Features, SoftwareBreakpointsWithoutHardwareOnes) {
  FakeTarget target;
  target.point_part.types = {PointType::software};
  Client client(target);
  client.start();
  EXPECT_THAT(client.ask("qSupported"), AllOf(HasSubstr(";swbreak+"), Not(HasSubstr("hwbreak+"))));
}

TEST(Features, TheTargetIsToldWhatTheClientTakes) {
  FakeTarget target;
  Client client(target);
  client.start("multiprocess+;swbreak+;fork-events+;vfork-events+;exec-events+;no-resumed+");
  EXPECT_THAT(target.take_calls(), ElementsAre("want fork vfork exec swbreak no_resumed"));
}

TEST(Features, ForkEventsNeedIdsOfProcesses) {
  FakeTarget target;
  Client client(target);
  client.start("fork-events+;vfork-events+;exec-events+");
  EXPECT_THAT(target.take_calls(), ElementsAre("want exec"));
  EXPECT_THAT(client.ask("qSupported:fork-events+"), Not(HasSubstr("fork-events+")));
}

TEST(Features, TheFirstItemOfTheListCounts) {
  FakeTarget target;
  target.add(ref(7, 7));
  Client client(target);
  client.start("multiprocess+");
  EXPECT_EQ(client.ask("qC"), "QCp7.7");
}

TEST(Dispatch, FindsEachRowByItsWholeName) {
  for (const Row& row : dispatch_table()) EXPECT_EQ(find_row(row.name), &row);
  EXPECT_EQ(find_row("qX"), nullptr);
  EXPECT_EQ(find_row(""), nullptr);
}

TEST_F(SessionTest, AnswersUnknownPacketsWithNothing) {
  for (const char* packet : {"vMustReplyEmpty", "qTStatus", "MultiMemRead:ranges:1000,4;", "vAttachWaits;61",
                             "jThreadExtendedInfo:{}", "qXfer:btrace:read::0,10", "vContX", "QNonStopX:1",
                             "bc", "", "qTfV", "vFile:lstat:2f", "i", "qXfer:auxv:write::0:00"}) {
    EXPECT_EQ(ask(packet), "") << packet;
  }
  EXPECT_THAT(target.take_calls(), IsEmpty());
}

constexpr const char* malformed[] = {"m1000",
                                     "m1000,",
                                     "m1000,4x",
                                     "M1000,4:aabb",
                                     "M1000,2:aabbcc",
                                     "M1000,2:aazz",
                                     "X1000,4:ab",
                                     "x1000",
                                     "G",
                                     "G0",
                                     "p",
                                     "P1",
                                     "P1=",
                                     "P=00",
                                     "Hx1",
                                     "Hg",
                                     "Hgp1.x",
                                     "T",
                                     "vCont",
                                     "vCont;",
                                     "vCont;z",
                                     "vCont;C",
                                     "vCont;r1000",
                                     "vCont;c:p1.1:",
                                     "Z0",
                                     "Z0,1000",
                                     "z0,1000",
                                     "QNonStop:2",
                                     "QNonStop",
                                     "qXfer:auxv:read",
                                     "qXfer:auxv:read::0",
                                     "qXfer:auxv:read::x,10",
                                     "vFile:open:zz,0,0",
                                     "vFile:pread:5",
                                     "QPassSignals:zz",
                                     "QCatchSyscalls:2",
                                     "QThreadEvents:",
                                     "QThreadOptions",
                                     "vKill;",
                                     "vAttach;zz",
                                     "vRun;6",
                                     "QEnvironmentHexEncoded:6",
                                     "QSetWorkingDir:zz",
                                     "QStartupWithShell:2",
                                     "qCRC:1000",
                                     "qSearch:memory:1000;10",
                                     "qRcmd,6",
                                     "C",
                                     "S",
                                     "C05;",
                                     "s-1",
                                     "D;zz",
                                     "qGetTLSAddr:p1.1,0"};

TEST_F(SessionTest, AnswersMalformedPacketsWithAnErrorAndChangesNothing) {
  const auto before = target.memory;
  for (const char* packet : malformed) {
    EXPECT_EQ(ask(packet), "E01") << packet;
  }
  EXPECT_THAT(target.take_calls(), IsEmpty());
  EXPECT_EQ(target.memory, before);
  EXPECT_EQ(ask("qC"), "QCp1.1");
}

TEST(NoProcess, PacketsThatNeedOneGetAnError) {
  FakeTarget target;
  Client client(target);
  client.start();
  for (const char* packet : {"g",
                             "G00",
                             "p0",
                             "P0=00",
                             "m1000,4",
                             "M1000,1:00",
                             "X1000,0:",
                             "x1000,4",
                             "vCont;c",
                             "c",
                             "s",
                             "C05",
                             "S05",
                             "Z0,1000,1",
                             "z0,1000,1",
                             "Hgp0.0",
                             "Hg0",
                             "qC",
                             "qCRC:1000,10",
                             "qSearch:memory:1000;10;a",
                             "qXfer:auxv:read::0,100",
                             "qXfer:features:read:target.xml:0,100",
                             "QCatchSyscalls:1",
                             "T1",
                             "D",
                             "qAttached",
                             "qXfer:siginfo:read::0,80",
                             "qOffsets"}) {
    EXPECT_EQ(client.ask(packet), "E01") << packet;
  }
  EXPECT_EQ(client.ask("?"), "W00");
  EXPECT_EQ(client.ask("qfThreadInfo"), "l");
  EXPECT_EQ(client.ask("Hc-1"), "OK");
}

TEST_F(SessionTest, ExtendedModeOnlyWherePossible) {
  EXPECT_FALSE(client.session->extended());
  EXPECT_EQ(ask("!"), "OK");
  EXPECT_TRUE(client.session->extended());
  SessionOptions options;
  options.extended_possible = false;
  Client plain(target, std::move(options));
  plain.start();
  EXPECT_EQ(plain.ask("!"), "");
  EXPECT_FALSE(plain.session->extended());
}

TEST_F(SessionTest, SymbolLookupIsNeverAskedBack) {
  EXPECT_EQ(ask("qSymbol::"), "OK");
}

TEST_F(SessionTest, PacketsThatWereDisabledAreUnknown) {
  SessionOptions options;
  options.disabled_packets = {"vCont", "qC", "qfThreadInfo"};
  Client client2(target, std::move(options));
  client2.start();
  for (const char* packet : {"vCont?", "vCont;c", "qC", "qfThreadInfo", "qsThreadInfo"}) {
    EXPECT_EQ(client2.ask(packet), "") << packet;
  }
  EXPECT_THAT(client2.ask("qSupported"), Not(HasSubstr("vContSupported")));
}

TEST_F(SessionTest, DisabledThreadsLeaveStopRepliesWithoutAThread) {
  SessionOptions options;
  options.disabled_packets = {"threads"};
  Client client2(target, std::move(options));
  client2.start();
  EXPECT_EQ(client2.ask("vCont;c"), "");
  EXPECT_EQ(client2.ask("qfThreadInfo"), "");
  EXPECT_EQ(client2.ask("?"), "T0002:0000000000000000;");
}

TEST_F(SessionTest, DisabledTLeavesTheShortStopReply) {
  SessionOptions options;
  options.disabled_packets = {"T"};
  Client client2(target, std::move(options));
  client2.start();
  client2.session->initial_stop({ref(1, 1), stop::Signal{SIGTRAP}});
  EXPECT_EQ(client2.ask("?"), "S05");
}

TEST_F(SessionTest, DisabledStepsAreNotOffered) {
  SessionOptions options;
  options.disabled_packets = {"vConts"};
  Client client2(target, std::move(options));
  client2.start();
  EXPECT_EQ(client2.ask("vCont?"), "vCont;c;C;t");
  EXPECT_EQ(ask("vCont?"), "vCont;c;C;t;s;S;r");
}

TEST_F(SessionTest, SignalListsAreTranslated) {
  // gdb: SIGUSR1 30, SIGCHLD 20, SIGEMT 7 (Linux has none), 0 is no signal.
  EXPECT_EQ(ask("QPassSignals:1e;14;7;0"), "OK");
  EXPECT_EQ(ask("QProgramSignals:2"), "OK");
  EXPECT_EQ(ask("QPassSignals:"), "OK");
  EXPECT_THAT(target.take_calls(), ElementsAre("pass 10,17", "program 2", "pass "));
}

TEST_F(SessionTest, SystemCallsAreCaughtInTheSelectedProcess) {
  target.add(ref(5, 5));
  EXPECT_EQ(ask("Hgp5.5"), "OK");
  EXPECT_EQ(ask("QCatchSyscalls:1"), "OK");
  EXPECT_EQ(ask("QCatchSyscalls:1;0;2a"), "OK");
  EXPECT_EQ(ask("QCatchSyscalls:0"), "OK");
  EXPECT_THAT(target.take_calls(), ElementsAre("catch 5 []", "catch 5 [0,42]", "catch 5 off"));
}

TEST_F(SessionTest, ThreadEventsAreSwitched) {
  ask("QThreadEvents:1");
  ask("QThreadEvents:0");
  EXPECT_THAT(target.take_calls(), ElementsAre("events on", "events off"));
}

TEST_F(SessionTest, OfThreadOptionsTheLastMatchCountsAndTheDefaultComesFirst) {
  EXPECT_EQ(ask("QThreadOptions;3:p1.1;0;1:p1.-1"), "OK");
  // In this order, each later one overriding.
  EXPECT_THAT(target.take_calls(), ElementsAre("options *.* 0", "options 1.1 3", "options 1.* 1"));
  EXPECT_EQ(ask("QThreadOptions;0;8:p1.1"), "E01");
  EXPECT_THAT(target.take_calls(), IsEmpty());
}

TEST_F(SessionTest, TheOwnerIsToldOnceWhenAClientKillsInRemoteMode) {
  EXPECT_EQ(ask("k"), "(none)");
  EXPECT_EQ(client.finished, 1);
  EXPECT_THAT(target.take_calls(), ElementsAre("kill 1"));
}

}  // namespace
}  // namespace cotrace::session::test
