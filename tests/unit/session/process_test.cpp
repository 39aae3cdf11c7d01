// Starting, attaching, ending, letting go.
#include <gmock/gmock.h>

#include "unit/session/client.h"

namespace cotrace::session::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ProcessTest : public ::testing::Test {
 protected:
  ProcessTest() {
    client.start();
    client.ask("!");
    target.take_calls();
  }
  std::string ask(std::string_view payload) { return client.ask(payload); }
  // The target answers the launch or attach that is under way.
  void started(Result<ThreadRef> thread) {
    std::exchange(target.process_part.pending_start, {})(std::move(thread));
  }

  FakeTarget target;
  Client client{target};
};

TEST_F(ProcessTest, RunIsAnsweredWithTheFirstStop) {
  EXPECT_EQ(ask("vRun;2f62696e2f6c73;2d6c;;61"), "(none)");
  EXPECT_THAT(target.take_calls(), ElementsAre("launch [/bin/ls] [-l] [] [a]"));
  // Packets that come before the answer wait for it.
  EXPECT_EQ(ask("qC"), "(none)");
  target.add(ref(4, 4));
  started(ref(4, 4));
  EXPECT_THAT(client.take(), ElementsAre("$T0502:0000000000000000;thread:p4.4;", "$QCp4.4"));
  EXPECT_EQ(ask("?"), "T0502:0000000000000000;thread:p4.4;");
}

TEST_F(ProcessTest, RunInNonStopIsAnsweredAlike) {
  ask("QNonStop:1");
  ask("vRun;61");
  target.add(ref(4, 4));
  started(ref(4, 4));
  EXPECT_EQ(client.answer(), "T0502:0000000000000000;thread:p4.4;");
  EXPECT_EQ(ask("qC"), "QCp4.4");
  EXPECT_EQ(ask("vStopped"), "OK");
}

TEST_F(ProcessTest, RunWithoutANameRunsTheLastProgramAgain) {
  target.process_part.answer_start = fail(Errc::not_found, "");
  EXPECT_EQ(ask("vRun;"), "E01");
  EXPECT_EQ(ask("vRun;;61"), "E01");
  EXPECT_THAT(target.take_calls(), ElementsAre("launch", "launch [] [a]"));
}

TEST_F(ProcessTest, FailuresSayWhy) {
  target.process_part.answer_start = fail(Errc::not_found, "No such file: /bin/x");
  EXPECT_EQ(ask("vRun;2f62696e2f78"), "E.No such file: /bin/x");
  target.process_part.answer_start = fail(Errc::already_traced, "Process 9 is traced by 8");
  EXPECT_EQ(ask("vAttach;9"), "E.Process 9 is traced by 8");
  EXPECT_EQ(ask("?"), "W00");
}

TEST_F(ProcessTest, AttachInAllStopIsAnsweredWithAStop) {
  EXPECT_EQ(ask("vAttach;2a"), "(none)");
  EXPECT_THAT(target.take_calls(), ElementsAre("attach 42 hold"));
  target.add(ref(42, 42));
  started(ref(42, 42));
  EXPECT_EQ(client.answer(), "T0502:0000000000000000;thread:p2a.2a;");
  EXPECT_EQ(ask("qC"), "QCp2a.2a");
}

TEST_F(ProcessTest, AttachInNonStopIsAnsweredWithOkAndTheProcessRuns) {
  ask("QNonStop:1");
  ask("vAttach;2a");
  EXPECT_THAT(target.take_calls(), ElementsAre("non-stop", "attach 42 run"));
  target.add(ref(42, 42), false);
  started(ref(42, 42));
  EXPECT_EQ(client.answer(), "OK");
  ask("vCont;t:p2a.-1");
  target.report(ref(42, 42), stop::Quiet{});
  EXPECT_THAT(client.take(), ElementsAre("%Stop:T0002:0000000000000000;thread:p2a.2a;"));
}

TEST_F(ProcessTest, ASecondProcessNeedsExtendedModeAndProcessIds) {
  target.add(ref(1, 1));
  Client remote(target);
  remote.start();
  EXPECT_EQ(remote.ask("vRun;61"), "E01");
  EXPECT_EQ(remote.ask("vAttach;5"), "E01");
  Client plain(target);
  plain.start("");
  plain.ask("!");
  EXPECT_EQ(plain.ask("vRun;61"), "E01");
  EXPECT_THAT(target.take_calls(), ElementsAre("want fork vfork exec swbreak no_resumed", "want"));
}

TEST_F(ProcessTest, AnAnswerThatComesAfterTheSessionIsDropped) {
  ask("vRun;61");
  client.session.reset();
  started(ref(4, 4));
  EXPECT_THAT(client.take(), IsEmpty());
}

TEST_F(ProcessTest, ACallbackThatIsDroppedIsAnError) {
  ask("vRun;61");
  target.process_part.pending_start = {};
  EXPECT_EQ(client.answer(), "E01");
  EXPECT_EQ(ask("qfThreadInfo"), "l");
}

TEST_F(ProcessTest, KillEndsOneProcess) {
  target.add(ref(1, 1));
  target.add(ref(2, 2));
  EXPECT_EQ(ask("Hgp2.2"), "OK");
  EXPECT_EQ(ask("vKill;2"), "OK");
  EXPECT_EQ(ask("qC"), "QCp1.1");
  EXPECT_EQ(ask("vKill;63").substr(0, 2), "E.");
  EXPECT_THAT(target.take_calls(), ElementsAre("kill 2", "kill 99"));
}

TEST_F(ProcessTest, KillingWhatHasEndedUntoldIsFine) {
  target.add(ref(1, 1));
  target.add(ref(2, 2));
  target.lose(Pid{2});
  target.report(ref(2, 2), stop::Exited{0, true});
  EXPECT_EQ(ask("vKill;2"), "OK");
  target.report(ref(2, 2), stop::Exited{0, true});
  EXPECT_EQ(ask("D;2"), "OK");
  EXPECT_EQ(ask("vCont;c"), "(none)");  // no exit comes any more
}

TEST_F(ProcessTest, AKillThatTakesItsTimeKeepsTheOrder) {
  target.add(ref(1, 1));
  target.process_part.delay_end = true;
  EXPECT_EQ(ask("vKill;1"), "(none)");
  EXPECT_EQ(ask("qfThreadInfo"), "(none)");
  target.process_part.pending_end[0]({});
  EXPECT_THAT(client.take(), ElementsAre("$OK", "$l"));
}

TEST_F(ProcessTest, KInExtendedModeKillsAllAndGoesOn) {
  target.add(ref(1, 1));
  target.add(ref(2, 2));
  EXPECT_EQ(ask("k"), "(none)");
  EXPECT_THAT(target.take_calls(), ElementsAre("kill 1", "kill 2"));
  EXPECT_EQ(client.finished, 0);
  EXPECT_EQ(ask("?"), "W00");
  EXPECT_EQ(ask("k"), "(none)");
  EXPECT_EQ(ask("?"), "W00");
}

TEST_F(ProcessTest, KInRemoteModeEndsTheConversationWhenAllAreKilled) {
  target.add(ref(1, 1));
  target.add(ref(2, 2));
  target.process_part.delay_end = true;
  Client remote(target);
  remote.start();
  remote.on_end = [&] { remote.session.reset(); };
  EXPECT_EQ(remote.ask("k"), "(none)");
  target.process_part.pending_end[0]({});
  EXPECT_EQ(remote.finished, 0);
  target.process_part.pending_end[1]({});
  EXPECT_EQ(remote.finished, 1);
  EXPECT_EQ(remote.session, nullptr);
}

TEST_F(ProcessTest, DetachLetsOneProcessGo) {
  target.add(ref(1, 1));
  target.add(ref(2, 2));
  EXPECT_EQ(ask("D;2"), "OK");
  EXPECT_EQ(ask("D"), "OK");  // the selected one
  EXPECT_EQ(ask("D;1").substr(0, 2), "E.");
  EXPECT_EQ(ask("D"), "E01");
  EXPECT_THAT(target.take_calls(), ElementsAre("detach 2", "detach 1", "detach 1"));
  EXPECT_EQ(client.finished, 0);
}

// gdb.threads/pending-fork-event-detach.exp: the fork came while another thread's step was told.
TEST_F(ProcessTest, ChildrenThatTheClientHasNotHeardOfGoWithTheirParent) {
  for (const char* packet : {"D;1", "vKill;1"}) {
    target.add(ref(1, 1));
    target.add(ref(1, 2));
    ask("vCont;s:p1.2;c");
    target.add(ref(3, 3));
    target.add(ref(4, 4));
    target.report(ref(1, 2), stop::Step{});
    target.report(ref(1, 1), stop::Fork{ref(3, 3)});
    target.report(ref(3, 3), stop::Vfork{ref(4, 4)});
    target.halted();
    client.take();
    target.take_calls();
    EXPECT_EQ(ask(packet), "OK");
    const std::string verb = packet[0] == 'D' ? "detach" : "kill";
    EXPECT_THAT(target.take_calls(), ::testing::IsSupersetOf({verb + " 3", verb + " 4", verb + " 1"}));
    EXPECT_EQ(ask("?"), "W00");
  }
}

TEST_F(ProcessTest, AHitThatTheClientHasNotSeenIsWithdrawnBeforeADetach) {
  target.add(ref(1, 1));
  target.add(ref(1, 2));
  ask("vCont;c");
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.report(ref(1, 2), stop::SoftwareBreak{});
  target.halted();
  client.take();
  target.take_calls();
  EXPECT_EQ(ask("D;1"), "OK");
  EXPECT_THAT(target.take_calls(), ElementsAre("withdraw 1.2", "detach 1"));
}

TEST_F(ProcessTest, RestartKillsAllAndRunsTheProgramAgain) {
  target.add(ref(1, 1));
  EXPECT_EQ(ask("R00"), "(none)");
  EXPECT_THAT(target.take_calls(), ElementsAre("kill 1", "launch"));
  target.add(ref(4, 4));
  started(ref(4, 4));
  EXPECT_THAT(client.take(), IsEmpty());
  EXPECT_EQ(ask("?"), "T0502:0000000000000000;thread:p4.4;");
}

TEST_F(ProcessTest, RestartIsUnknownInRemoteMode) {
  target.add(ref(1, 1));
  Client remote(target);
  remote.start();
  target.take_calls();
  EXPECT_EQ(remote.ask("R00"), "");
  EXPECT_THAT(target.take_calls(), IsEmpty());
}

TEST_F(ProcessTest, AttachedTellsWhatToDoAtTheEnd) {
  target.add(ref(1, 1));
  target.add(ref(2, 2));
  EXPECT_EQ(ask("qAttached:1"), "0");
  EXPECT_EQ(ask("qAttached:2"), "1");
  EXPECT_EQ(ask("qAttached"), "0");
  EXPECT_EQ(ask("qAttached:9"), "E01");
}

TEST_F(ProcessTest, LaunchSettings) {
  for (const char* packet :
       {"QEnvironmentReset", "QEnvironmentHexEncoded:413d31", "QEnvironmentUnset:42",
        "QSetWorkingDir:2f746d70", "QSetWorkingDir:", "QStartupWithShell:0", "QDisableRandomization:1"}) {
    EXPECT_EQ(ask(packet), "OK") << packet;
  }
  EXPECT_THAT(target.take_calls(), ElementsAre("env reset", "env A=1", "env B unset", "cwd /tmp", "cwd ",
                                               "shell off", "aslr off"));
}

TEST(NoProcesses, ATargetWithoutProcessesRunsOnAfterDetachAndEndsOnKill) {
  FakeTarget target;
  target.add(ref(1, 1));
  target.have_processes = false;
  Client client(target);
  client.start();
  target.take_calls();
  EXPECT_EQ(client.ask("D"), "OK");
  EXPECT_THAT(target.take_calls(), ElementsAre("resume *.*:c0"));
  EXPECT_EQ(client.ask("k"), "(none)");
  EXPECT_EQ(client.finished, 1);
  // Nothing is served after that.
  EXPECT_EQ(client.ask("qC"), "(none)");
  EXPECT_EQ(client.finished, 1);
}

}  // namespace
}  // namespace cotrace::session::test
