// Non-stop: %Stop one at a time, vStopped, what may be resumed and what not.
#include <gmock/gmock.h>

#include "unit/session/client.h"

namespace cotrace::session::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string at(std::string_view head, std::string_view thread) {
  return fmt::format("{}02:0000000000000000;thread:{};", head, thread);
}

class NonStopTest : public SessionTest {
 protected:
  NonStopTest() {
    target.add(ref(1, 3));
    EXPECT_EQ(ask("QNonStop:1"), "OK");
    EXPECT_EQ(ask("vCont;c"), "OK");
    target.take_calls();
  }
};

TEST_F(NonStopTest, EachStopIsANotificationAndHaltsNobody) {
  EXPECT_TRUE(client.session->non_stop());
  target.report(ref(1, 1), stop::SoftwareBreak{});
  EXPECT_THAT(client.take(), ElementsAre("%Stop:" + at("T05swbreak:;", "p1.1")));
  EXPECT_THAT(target.take_calls(), IsEmpty());
  EXPECT_EQ(ask("vStopped"), "OK");
}

TEST_F(NonStopTest, OneNotificationAtATimeAndTheRestByVStopped) {
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.report(ref(1, 2), stop::Signal{SIGUSR1});
  target.report(ref(1, 3), stop::Step{});
  EXPECT_THAT(client.take(), ElementsAre("%Stop:" + at("T05swbreak:;", "p1.1")));
  EXPECT_EQ(ask("vStopped"), at("T1e", "p1.2"));
  EXPECT_EQ(ask("vStopped"), at("T05", "p1.3"));
  // Between the last stop and its ack still no second notification.
  target.add(ref(2, 2), false);
  target.report(ref(2, 2), stop::Step{});
  EXPECT_EQ(client.answer(), "(none)");
  EXPECT_EQ(ask("vStopped"), at("T05", "p2.2"));
  EXPECT_EQ(ask("vStopped"), "OK");
  EXPECT_EQ(ask("vStopped"), "OK");
  ask("vCont;c");
  target.report(ref(1, 1), stop::Step{});
  EXPECT_THAT(client.take(), ElementsAre("%Stop:" + at("T05", "p1.1")));
}

TEST_F(NonStopTest, ANotificationNeedsNoAckAndIsNotRepeated) {
  Client acked(target);
  acked.raw(rsp::frame("QNonStop:1") + "+" + rsp::frame("vCont;c") + "+");
  target.report(ref(1, 1), stop::Step{});
  EXPECT_EQ(acked.take().size(), 1U);
  EXPECT_THAT(acked.raw("-"), ElementsAre("$OK"));  // the last answer, not the notification
}

TEST_F(NonStopTest, AThreadWithAnUnfetchedStopIsNotResumed) {
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.report(ref(1, 2), stop::SoftwareBreak{});
  client.take();
  EXPECT_EQ(ask("vCont;c"), "OK");
  EXPECT_TRUE(target.stopped(ref(1, 1)));
  EXPECT_TRUE(target.stopped(ref(1, 2)));
  EXPECT_EQ(ask("vStopped"), at("T05swbreak:;", "p1.2"));
  EXPECT_EQ(ask("vCont;c"), "OK");
  EXPECT_FALSE(target.stopped(ref(1, 1)));
  EXPECT_TRUE(target.stopped(ref(1, 2)));
  EXPECT_EQ(ask("vStopped"), "OK");
  EXPECT_EQ(ask("vCont;c:p1.2"), "OK");
  EXPECT_FALSE(target.stopped(ref(1, 2)));
}

TEST_F(NonStopTest, ActionsForOtherThreadsAreNotPaddedByTheQueue) {
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.report(ref(1, 2), stop::SoftwareBreak{});
  client.take();
  ask("vCont;s:p1.3");
  EXPECT_THAT(target.take_calls(), ElementsAre("resume 1.3:s0"));
}

TEST_F(NonStopTest, AWildcardDoesNotStartTheChildOfAnUnfetchedFork) {
  target.add(ref(9, 9));
  target.report(ref(1, 1), stop::Step{});
  target.report(ref(1, 2), stop::Fork{ref(9, 9)});
  client.take();
  EXPECT_EQ(ask("qfThreadInfo"), "mp1.1,p1.2,p1.3");
  EXPECT_EQ(ask("qXfer:threads:read::0,1000").find("p9"), std::string::npos);
  ask("vCont;c");
  EXPECT_TRUE(target.stopped(ref(9, 9)));
  EXPECT_EQ(ask("vStopped"), at("T05fork:p9.9;", "p1.2"));
  ask("vCont;c");
  EXPECT_TRUE(target.stopped(ref(9, 9)));
  EXPECT_EQ(ask("vStopped"), "OK");
  EXPECT_EQ(ask("qfThreadInfo"), "mp1.1,p1.2,p1.3,p9.9");
  ask("vCont;c");
  EXPECT_FALSE(target.stopped(ref(9, 9)));
}

TEST_F(NonStopTest, AClonedThreadWaitsLikewise) {
  target.add(ref(1, 9));
  target.report(ref(1, 2), stop::Clone{ref(1, 9)});
  client.take();
  ask("vCont;c");
  EXPECT_TRUE(target.stopped(ref(1, 9)));
  EXPECT_TRUE(target.stopped(ref(1, 2)));
  EXPECT_FALSE(target.stopped(ref(1, 3)));
  ask("vStopped");
  ask("vCont;c");
  EXPECT_FALSE(target.stopped(ref(1, 9)));
}

TEST_F(NonStopTest, VContTIsHandedOnAndTheStopIsQuiet) {
  EXPECT_EQ(ask("vCont;t:p1.-1"), "OK");
  EXPECT_THAT(target.take_calls(), ElementsAre("resume 1.*:t"));
  target.report(ref(1, 1), stop::Quiet{});
  EXPECT_THAT(client.take(), ElementsAre("%Stop:" + at("T00", "p1.1")));
}

TEST_F(NonStopTest, CtrlCIsAnsweredAndTheStopFollows) {
  EXPECT_EQ(ask("vCtrlC"), "OK");
  target.report(ref(1, 2), stop::Interrupted{});
  EXPECT_THAT(client.take(), ElementsAre("%Stop:" + at("T02", "p1.2")));
  client.raw("\x03");
  EXPECT_THAT(target.take_calls(), ElementsAre("interrupt", "interrupt"));
}

TEST_F(NonStopTest, AStopOfAThreadThatIsToldAsStoppedIsNeverTold) {
  target.report(ref(1, 1), stop::SoftwareBreak{});
  ask("vStopped");
  client.take();
  target.report(ref(1, 1), stop::SoftwareBreak{});
  EXPECT_EQ(client.answer(), "(none)");
  EXPECT_THAT(target.take_calls(), ElementsAre("withdraw 1.1"));
}

TEST_F(NonStopTest, TheOldPacketsHaveNoAnswer) {
  EXPECT_EQ(ask("c"), "(none)");
  EXPECT_EQ(ask("s"), "(none)");
  EXPECT_THAT(target.take_calls(), ElementsAre("resume *.*:c0", "resume 1.1:s0 *.*:c0"));
}

TEST_F(NonStopTest, StopsOfADetachedOrKilledProcessLeaveTheQueue) {
  target.add(ref(2, 2), false);
  target.add(ref(3, 3), false);
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.report(ref(2, 2), stop::SoftwareBreak{});
  target.report(ref(3, 3), stop::SoftwareBreak{});
  target.report(ref(1, 2), stop::SoftwareBreak{});
  client.take();
  EXPECT_EQ(ask("D;2"), "OK");
  EXPECT_EQ(ask("vKill;3"), "OK");
  EXPECT_EQ(ask("vStopped"), at("T05swbreak:;", "p1.2"));
  EXPECT_EQ(ask("vStopped"), "OK");
}

TEST_F(NonStopTest, TheUnackedStopOfAProcessThatIsLetGoDoesNotDisturbTheSequence) {
  target.add(ref(2, 2), false);
  target.report(ref(2, 2), stop::SoftwareBreak{});
  client.take();
  EXPECT_EQ(ask("D;2"), "OK");
  target.report(ref(1, 1), stop::Step{});
  EXPECT_EQ(client.answer(), "(none)");  // the ack of the first is still due
  EXPECT_EQ(ask("vStopped"), at("T05", "p1.1"));
  EXPECT_EQ(ask("vStopped"), "OK");
}

TEST_F(NonStopTest, TheEndOfAProcessReplacesItsQueuedStops) {
  target.add(ref(2, 2), false);
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.report(ref(2, 2), stop::SoftwareBreak{});
  target.lose(Pid{2});
  target.report(ref(2, 2), stop::Killed{SIGKILL, true});
  client.take();
  EXPECT_EQ(ask("vStopped"), "X09;process:2");
  EXPECT_EQ(ask("vStopped"), "OK");
}

TEST_F(NonStopTest, ExitsOfThreadsAndTheLastResumedOneAreTold) {
  target.report(ref(1, 2), stop::ThreadExited{0});
  EXPECT_THAT(client.take(), ElementsAre("%Stop:w00;p1.2"));
  EXPECT_EQ(ask("vStopped"), "OK");
  target.report(ref(1, 1), stop::NoResumed{});
  EXPECT_THAT(client.take(), ElementsAre("%Stop:N"));
}

TEST_F(NonStopTest, ThatNothingRunsIsNoNewsToAClientThatHasAStopToDealWith) {
  target.report(ref(1, 1), stop::SoftwareBreak{});
  client.take();
  target.report(ref(1, 2), stop::NoResumed{});
  EXPECT_EQ(ask("vStopped"), "OK");
  target.report(ref(1, 2), stop::NoResumed{});
  EXPECT_THAT(client.take(), IsEmpty());
  ask("vCont;c:p1.1");
  target.report(ref(1, 1), stop::NoResumed{});
  EXPECT_THAT(client.take(), ElementsAre("%Stop:N"));
}

TEST_F(NonStopTest, AStopOfAProcessThatIsGoneNeedsNoAnswer) {
  target.add(ref(2, 2));
  target.report(ref(2, 2), stop::SoftwareBreak{});
  client.take();
  EXPECT_EQ(ask("vStopped"), "OK");
  target.lose(Pid{2});
  target.report(ref(2, 2), stop::Killed{SIGKILL, true});
  client.take();
  EXPECT_EQ(ask("vStopped"), "OK");
  target.report(ref(1, 1), stop::NoResumed{});
  EXPECT_THAT(client.take(), ElementsAre("%Stop:N"));
}

TEST_F(NonStopTest, AnExecByAnotherThreadIsToldThoughTheLeaderWasToldStopped) {
  target.report(ref(1, 1), stop::Quiet{});
  client.take();
  EXPECT_EQ(ask("vStopped"), "OK");
  ask("vCont;c:p1.2");
  target.report(ref(1, 1), stop::Exec{"/x"});
  EXPECT_THAT(client.take(), ElementsAre("%Stop:" + at("T05exec:2f78;", "p1.1")));
}

TEST_F(NonStopTest, TheQuestionStartsTheReportOver) {
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.report(ref(1, 2), stop::Signal{SIGUSR1});
  client.take();
  ask("vStopped");
  // 1 and 2 have been told, 3 stands silently.
  target.set_stopped(ref(1, 3), true);
  EXPECT_EQ(ask("?"), at("T05swbreak:;", "p1.1"));
  // gdb 13 can take only one in the answer itself.
  client.session->receive(rsp::frame("vStopped"));
  EXPECT_THAT(client.take(), ElementsAre("$OK", "%Stop:" + at("T1e", "p1.2")));
  EXPECT_EQ(ask("vStopped"), at("T00", "p1.3"));
  EXPECT_EQ(ask("vStopped"), "OK");
  EXPECT_EQ(ask("vStopped"), "OK");
}

TEST_F(NonStopTest, TheQuestionIsAnsweredWithOkIfAllRun) {
  EXPECT_EQ(ask("?"), "OK");
  target.report(ref(1, 1), stop::Step{});
  EXPECT_THAT(client.take(), ElementsAre("%Stop:" + at("T05", "p1.1")));
}

TEST_F(NonStopTest, TheQuestionKeepsEndsThatAreStillUntold) {
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.lose(ref(1, 3));
  target.report(ref(1, 3), stop::ThreadExited{4});
  client.take();
  EXPECT_EQ(ask("?"), at("T05swbreak:;", "p1.1"));
  client.session->receive(rsp::frame("vStopped"));
  EXPECT_THAT(client.take(), ElementsAre("$OK", "%Stop:w04;p1.3"));
  EXPECT_EQ(ask("vStopped"), "OK");
}

TEST_F(NonStopTest, AStopDoesNotChangeTheSelectedThread) {
  EXPECT_EQ(ask("Hgp1.3"), "OK");
  target.report(ref(1, 1), stop::Step{});
  client.take();
  EXPECT_EQ(ask("qC"), "QCp1.3");
}

TEST_F(NonStopTest, RegistersOfRunningThreadsAreRefused) {
  target.report(ref(1, 1), stop::Step{});
  client.take();
  ask("Hgp1.1");
  EXPECT_EQ(ask("g").size(), 40U);
  ask("Hgp1.2");
  EXPECT_EQ(ask("g"), "E01");
  EXPECT_EQ(ask("p0"), "E01");
  EXPECT_EQ(ask("m1000,1"), "6d");
}

TEST_F(NonStopTest, NoConsoleText) {
  target.console_text("lost");
  EXPECT_EQ(client.answer(), "(none)");
}

TEST_F(NonStopTest, BackToAllStopHaltsAtTheQuestionAndLosesNoStop) {
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.report(ref(1, 2), stop::Signal{SIGUSR1});
  client.take();
  EXPECT_EQ(ask("QNonStop:0"), "OK");
  EXPECT_EQ(ask("?"), "(none)");
  EXPECT_THAT(target.take_calls(), ElementsAre("halt"));
  target.halted();
  EXPECT_EQ(client.answer(), at("T05swbreak:;", "p1.1"));
  EXPECT_EQ(ask("vCont;c"), at("T1e", "p1.2"));
  EXPECT_EQ(ask("vCont;c"), "(none)");
}

TEST(NonStopFromAllStop, HeldBackReportsAreToldByTheQuestion) {
  FakeTarget target;
  target.add(ref(1, 1));
  target.add(ref(1, 2));
  Client client(target);
  client.start();
  client.ask("vCont;c");
  target.report(ref(1, 2), stop::SoftwareBreak{});
  target.report(ref(1, 1), stop::Watch{stop::Access::write, Addr{0x10}});
  target.halted();
  client.take();
  target.take_calls();
  client.ask("QNonStop:1");
  EXPECT_THAT(target.take_calls(), ElementsAre("non-stop"));
  EXPECT_EQ(client.ask("?"), at("T05watch:10;", "p1.1"));
  client.session->receive(rsp::frame("vStopped"));
  EXPECT_THAT(client.take(), ElementsAre("$OK", "%Stop:" + at("T05swbreak:;", "p1.2")));
  EXPECT_EQ(client.ask("vStopped"), "OK");
}

}  // namespace
}  // namespace cotrace::session::test
