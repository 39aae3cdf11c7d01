// All-stop: one stop reply a resume, the rest halted first, other reports held back.
#include <gmock/gmock.h>

#include "unit/session/client.h"

namespace cotrace::session::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* pc = "02:0000000000000000;";  // the expedited register

std::string stopped(std::string_view head, std::string_view thread) {
  return fmt::format("{}{}thread:{};", head, pc, thread);
}

class AllStopTest : public SessionTest {
 protected:
  void run(std::string_view packet = "vCont;c") {
    EXPECT_EQ(ask(packet), "(none)");
    target.take_calls();
  }
  // The first report and the end of the halt.
  std::string stop(ThreadRef thread, StopReason reason) {
    target.report(thread, std::move(reason));
    EXPECT_THAT(client.take(), IsEmpty()) << "told before the rest was halted";
    EXPECT_THAT(target.take_calls(), ElementsAre("halt"));
    target.halted();
    return client.answer();
  }
};

TEST_F(AllStopTest, HaltsTheRestBeforeItTellsOfAStop) {
  EXPECT_EQ(ask("vCont;c"), "(none)");
  EXPECT_THAT(target.take_calls(), ElementsAre("resume *.*:c0"));
  EXPECT_EQ(stop(ref(1, 2), stop::SoftwareBreak{}), stopped("T05swbreak:;", "p1.2"));
  // gdb takes the thread of the stop for the selected one.
  EXPECT_EQ(ask("qC"), "QCp1.2");
}

TEST_F(AllStopTest, AStepReadsTheExpeditedRegistersAndNothingElse) {
  run("vCont;s:p1.1");
  target.register_reads = 0;
  client.sends = 0;
  EXPECT_EQ(stop(ref(1, 1), stop::Step{}), stopped("T05", "p1.1"));
  EXPECT_EQ(target.register_reads, 1);
  EXPECT_EQ(client.sends, 1);
}

TEST_F(AllStopTest, TheExpeditedRegisterIsTheThreadsOwn) {
  target.at(ref(1, 2)).registers[12] = std::byte{0x34};
  run();
  EXPECT_EQ(stop(ref(1, 2), stop::Step{}), "T0502:3400000000000000;thread:p1.2;");
}

TEST_F(AllStopTest, EachReasonIsToldAsGdbReadsIt) {
  target.add(ref(2, 2));
  const std::vector<std::pair<StopReason, std::string>> cases{
      {stop::Quiet{}, stopped("T00", "p1.1")},
      {stop::Interrupted{}, stopped("T02", "p1.1")},
      {stop::Signal{SIGUSR1}, stopped("T1e", "p1.1")},
      {stop::Signal{SIGSEGV}, stopped("T0b", "p1.1")},
      {stop::HardwareBreak{}, stopped("T05hwbreak:;", "p1.1")},
      {stop::Watch{stop::Access::write, Addr{0x4010}}, stopped("T05watch:4010;", "p1.1")},
      {stop::Watch{stop::Access::read, Addr{0x4010}}, stopped("T05rwatch:4010;", "p1.1")},
      {stop::Watch{stop::Access::any, Addr{0x4010}}, stopped("T05awatch:4010;", "p1.1")},
      {stop::Fork{ref(9, 9)}, stopped("T05fork:p9.9;", "p1.1")},
      {stop::Vfork{ref(9, 9)}, stopped("T05vfork:p9.9;", "p1.1")},
      {stop::Clone{ref(1, 9)}, stopped("T05clone:p1.9;", "p1.1")},
      {stop::VforkDone{}, stopped("T05vforkdone:;", "p1.1")},
      {stop::Exec{"/x"}, stopped("T05exec:2f78;", "p1.1")},
      {stop::SyscallEntry{0x3c}, stopped("T05syscall_entry:3c;", "p1.1")},
      {stop::SyscallReturn{0x3c}, stopped("T05syscall_return:3c;", "p1.1")},
      {stop::ThreadCreated{}, stopped("T05create:;", "p1.1")},
      {stop::ThreadExited{3}, "w03;p1.1"},
      {stop::Exited{5, true}, "W05;process:1"},
      {stop::Killed{SIGKILL, true}, "X09;process:1"},
      {stop::NoResumed{}, "N"},
  };
  for (const auto& [reason, expected] : cases) {
    run();
    EXPECT_EQ(stop(ref(1, 1), reason), expected);
  }
}

TEST(AllStopPlain, ReasonsThatWereNotAgreedArePlainTraps) {
  FakeTarget target;
  target.add(ref(1, 1));
  Client client(target);
  client.start("");
  for (StopReason reason : std::vector<StopReason>{stop::SoftwareBreak{}, stop::HardwareBreak{},
                                                   stop::Fork{ref(9, 9)}, stop::Exec{"/x"}}) {
    client.ask("vCont;c");
    target.report(ref(1, 1), reason);
    target.halted();
    EXPECT_EQ(client.answer(), "T0502:0000000000000000;thread:1;");
  }
  client.ask("vCont;c");
  target.report(ref(1, 1), stop::NoResumed{});
  target.halted();
  EXPECT_EQ(client.answer().substr(0, 2), "E.");
  client.ask("vCont;c");
  target.report(ref(1, 1), stop::Exited{7, false});
  target.halted();
  EXPECT_EQ(client.answer(), "W07");
}

TEST(AllStopPlain, WithoutMultiprocessOnlyTheLastEndIsTold) {
  FakeTarget target;
  target.add(ref(1, 1));
  target.add(ref(2, 2));
  Client client(target);
  client.start("");
  client.ask("vCont;c");
  target.lose(Pid{1});
  target.report(ref(1, 1), stop::Exited{0, true});
  EXPECT_EQ(client.answer(), "(none)");
  target.report(ref(2, 2), stop::Exited{3, false});
  target.halted();
  EXPECT_EQ(client.answer(), "W03");
}

TEST_F(AllStopTest, TheCoreIsToldExceptForSteps) {
  target.thread_part.on_core = 3;
  run();
  EXPECT_EQ(stop(ref(1, 1), stop::Interrupted{}), fmt::format("T02{}thread:p1.1;core:3;", pc));
  run();
  EXPECT_EQ(stop(ref(1, 1), stop::Step{}), stopped("T05", "p1.1"));
}

TEST_F(AllStopTest, HeldBackBreakpointComesRightAfterTheResumeAndNothingRuns) {
  run();
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.report(ref(1, 2), stop::SoftwareBreak{});
  target.halted();
  EXPECT_EQ(client.answer(), stopped("T05swbreak:;", "p1.1"));
  target.take_calls();
  // gdb steps the first thread alone: the other one's report stays where it is.
  run("vCont;s:p1.1");
  EXPECT_EQ(stop(ref(1, 1), stop::Step{}), stopped("T05", "p1.1"));
  EXPECT_EQ(ask("vCont;c"), stopped("T05swbreak:;", "p1.2"));
  EXPECT_THAT(target.take_calls(), IsEmpty());
  EXPECT_EQ(ask("vCont;c"), "(none)");
  EXPECT_THAT(target.take_calls(), ElementsAre("resume *.*:c0"));
}

TEST_F(AllStopTest, HeldBackReportThatIsTrueNoMoreIsWithdrawnAndTheThreadRuns) {
  run();
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.report(ref(1, 2), stop::SoftwareBreak{});
  target.halted();
  client.take();
  target.take_calls();
  target.untrue.insert(ref(1, 2));  // gdb has taken the breakpoint out
  EXPECT_EQ(ask("vCont;c"), "(none)");
  EXPECT_THAT(target.take_calls(), ElementsAre("withdraw 1.2", "resume *.*:c0"));
}

TEST_F(AllStopTest, SeveralHeldBackReportsComeOneAResume) {
  target.add(ref(1, 3));
  run();
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.report(ref(1, 2), stop::Signal{SIGUSR1});
  target.report(ref(1, 3), stop::SoftwareBreak{});
  target.halted();
  EXPECT_EQ(client.answer(), stopped("T05swbreak:;", "p1.1"));
  EXPECT_EQ(ask("vCont;c"), stopped("T1e", "p1.2"));
  EXPECT_EQ(ask("vCont;c"), stopped("T05swbreak:;", "p1.3"));
  EXPECT_EQ(ask("vCont;c"), "(none)");
}

TEST_F(AllStopTest, HeldBackStepIsToldOnlyToWhoStepsOn) {
  const auto hold_a_step = [&] {
    run("vCont;s:p1.2;c");
    target.report(ref(1, 1), stop::SoftwareBreak{});
    target.report(ref(1, 2), stop::Step{});
    target.halted();
    EXPECT_EQ(client.answer(), stopped("T05swbreak:;", "p1.1"));
    target.take_calls();
  };
  hold_a_step();
  EXPECT_EQ(ask("vCont;c"), "(none)");
  EXPECT_THAT(target.take_calls(), ElementsAre("withdraw 1.2", "resume *.*:c0"));
  stop(ref(1, 1), stop::Interrupted{});
  hold_a_step();
  EXPECT_EQ(ask("vCont;s:p1.2;c"), stopped("T05", "p1.2"));
  hold_a_step();
  EXPECT_EQ(ask("vCont;r1000,1010:p1.2;c"), stopped("T05", "p1.2"));
}

TEST_F(AllStopTest, HeldBackInterruptIsNotLost) {
  // gdb may resume by itself after the first stop; the user's Ctrl-C must still stop the program.
  run();
  client.raw("\x03");
  EXPECT_THAT(target.take_calls(), ElementsAre("interrupt"));
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.report(ref(1, 2), stop::Interrupted{});
  target.halted();
  EXPECT_EQ(client.answer(), stopped("T05swbreak:;", "p1.1"));
  EXPECT_EQ(ask("vCont;c"), stopped("T02", "p1.2"));
}

TEST_F(AllStopTest, ASignalGivenToAThreadWithAHeldBackStopIsDeliveredLater) {
  run();
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.report(ref(1, 2), stop::Signal{SIGUSR2});
  target.halted();
  client.take();
  target.take_calls();
  EXPECT_EQ(ask("vCont;C1e:p1.2"), stopped("T1f", "p1.2"));
  EXPECT_EQ(ask("vCont;c"), "(none)");
  EXPECT_THAT(target.take_calls(), ElementsAre(fmt::format("resume 1.2:c{} *.*:c0", SIGUSR1)));
}

TEST_F(AllStopTest, AnExitIsToldAfterTheOthersAreHalted) {
  target.add(ref(2, 2));
  run();
  target.lose(Pid{2});
  EXPECT_EQ(stop(ref(2, 2), stop::Exited{0, true}), "W00;process:2");
  EXPECT_EQ(ask("Hgp1.1"), "OK");
  EXPECT_EQ(ask("g").size(), 40U);
}

TEST_F(AllStopTest, AHeldBackExitComesWithTheNextResumeButNotInsteadOfAStepElsewhere) {
  target.add(ref(2, 2));
  run();
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.lose(Pid{2});
  target.report(ref(2, 2), stop::Killed{SIGKILL, true});
  target.halted();
  EXPECT_EQ(client.answer(), stopped("T05swbreak:;", "p1.1"));
  run("vCont;s:p1.1");
  EXPECT_EQ(stop(ref(1, 1), stop::Step{}), stopped("T05", "p1.1"));
  EXPECT_EQ(ask("vCont;c:p1.-1"), "X09;process:2");
}

TEST_F(AllStopTest, AProcessThatEndsDuringAStepElsewhereIsToldAfterIt) {
  target.add(ref(2, 2));
  run("vCont;s:p1.1");
  target.lose(Pid{2});
  target.report(ref(2, 2), stop::Killed{SIGKILL, true});
  EXPECT_THAT(client.take(), IsEmpty());
  EXPECT_EQ(stop(ref(1, 1), stop::Step{}), stopped("T05", "p1.1"));
  EXPECT_EQ(ask("vCont;c"), "X09;process:2");
}

TEST_F(AllStopTest, TheEndOfAProcessTakesItsHeldBackStopsAlong) {
  target.add(ref(2, 2));
  target.add(ref(2, 3));
  run();
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.report(ref(2, 3), stop::SoftwareBreak{});
  target.lose(Pid{2});
  target.report(ref(2, 2), stop::Killed{SIGKILL, true});
  target.halted();
  client.take();
  EXPECT_EQ(ask("vCont;c"), "X09;process:2");
  EXPECT_EQ(ask("vCont;c"), "(none)");
}

TEST_F(AllStopTest, AProcessKilledWhileAllStandIsToldAtTheNextResume) {
  target.add(ref(2, 2));
  target.lose(Pid{2});
  target.report(ref(2, 2), stop::Killed{SIGKILL, true});
  EXPECT_EQ(client.answer(), "(none)");
  EXPECT_EQ(ask("Tp2.2"), "E01");
  EXPECT_EQ(ask("vCont;c:p1.-1"), "X09;process:2");
}

TEST_F(AllStopTest, AnUntoldForkComesBeforeTheEndOfItsParent) {
  target.add(ref(2, 2));
  run();
  target.report(ref(2, 2), stop::SoftwareBreak{});
  target.report(ref(1, 1), stop::Fork{ref(9, 9)});
  target.lose(Pid{1});
  target.report(ref(1, 1), stop::Exited{0, true});
  target.halted();
  EXPECT_EQ(client.answer(), stopped("T05swbreak:;", "p2.2"));
  EXPECT_EQ(ask("vCont;c:p2.-1"), "T05fork:p9.9;thread:p1.1;");
  EXPECT_EQ(ask("vCont;c:p2.-1"), "W00;process:1");
}

TEST_F(AllStopTest, TheChildOfAnUntoldForkIsHiddenAndNotStartedByWildcards) {
  run();
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.add(ref(9, 9));
  target.report(ref(1, 2), stop::Fork{ref(9, 9)});
  target.halted();
  EXPECT_EQ(client.answer(), stopped("T05swbreak:;", "p1.1"));
  EXPECT_EQ(ask("qfThreadInfo"), "mp1.1,p1.2");
  target.take_calls();
  // Everything but the thread with the fork.
  EXPECT_EQ(ask("vCont;t:p1.2;c"), "(none)");
  EXPECT_THAT(target.take_calls(), ElementsAre("resume 1.2:t 9.*:t 1.2:t *.*:c0"));
}

TEST_F(AllStopTest, AForkIsToldWithBothThreadsStanding) {
  run();
  target.add(ref(9, 9));
  EXPECT_EQ(stop(ref(1, 1), stop::Fork{ref(9, 9)}), stopped("T05fork:p9.9;", "p1.1"));
  EXPECT_EQ(ask("Hgp9.9"), "OK");
  EXPECT_EQ(ask("z0,1000,1"), "OK");
  EXPECT_THAT(target.take_calls(), ElementsAre("remove 9.9 0 1000 1"));
  EXPECT_EQ(ask("Hgp1.1"), "OK");
  EXPECT_EQ(ask("D;9"), "OK");
  EXPECT_EQ(ask("vCont;c:p1.-1"), "(none)");
  EXPECT_THAT(target.take_calls(), ElementsAre("detach 9", "resume 1.*:c0"));
}

TEST_F(AllStopTest, DetachedProcessesTellNothingMore) {
  target.add(ref(2, 2));
  run();
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.report(ref(2, 2), stop::SoftwareBreak{});
  target.halted();
  client.take();
  EXPECT_EQ(ask("D;2"), "OK");
  EXPECT_EQ(ask("vCont;c"), "(none)");
}

TEST_F(AllStopTest, CtrlCInterruptsOnlyWhatRuns) {
  run();
  client.raw("\x03");
  EXPECT_THAT(target.take_calls(), ElementsAre("interrupt"));
  EXPECT_EQ(stop(ref(1, 1), stop::Interrupted{}), stopped("T02", "p1.1"));
  // It has been answered.
  run();
}

// A gdb that steps for a software watchpoint: its Ctrl-C comes between the reply and the next step, or while
// a step ends.
TEST_F(AllStopTest, CtrlCThatCrossesAStepReplyAnswersTheNextResume) {
  ask("vCont;s:p1.1");
  target.take_calls();
  EXPECT_EQ(stop(ref(1, 1), stop::Step{}), stopped("T05", "p1.1"));
  client.raw("\x03");
  EXPECT_EQ(ask("vCont;s:p1.1"), stopped("T02", "p1.1"));
  EXPECT_THAT(target.take_calls(), IsEmpty()) << "nothing runs";
  ask("vCont;s:p1.1");
  client.raw("\x03");
  target.take_calls();
  EXPECT_EQ(stop(ref(1, 1), stop::Step{}), stopped("T05", "p1.1"));
  EXPECT_EQ(ask("vCont;s:p1.1"), stopped("T02", "p1.1"));
}

// gdb goes on from most stops by itself: an exec that nobody catches, a breakpoint whose commands end in
// "continue".
TEST_F(AllStopTest, CtrlCThatCrossesAnotherStopAnswersTheNextResume) {
  run();
  client.raw("\x03");
  target.take_calls();
  EXPECT_EQ(stop(ref(1, 1), stop::SoftwareBreak{}), stopped("T05swbreak:;", "p1.1"));
  EXPECT_EQ(ask("vCont;c"), stopped("T02", "p1.1"));
  EXPECT_THAT(target.take_calls(), IsEmpty()) << "nothing runs";
  run();
}

// Two processes end in one run. gdb reads the registers of the one that it believes stopped, and gives up on
// an error.
TEST_F(AllStopTest, AThreadOfAProcessWhoseEndIsUntoldCanBeSelectedAndHasRegisters) {
  target.add(ref(2, 2));
  ask("Hgp1.1");
  const auto block = ask("g");
  run();
  target.lose(Pid{1});
  target.report(ref(2, 2), stop::Exited{0, true});
  target.report(ref(1, 1), stop::Exited{0, true});
  target.halted();
  EXPECT_EQ(client.answer(), "W00;process:2");
  EXPECT_EQ(ask("Hgp1.1"), "OK");
  EXPECT_EQ(ask("g"), std::string(block.size(), '0'));
  // What gdb does before it resumes the others, and gives up on as well.
  EXPECT_EQ(ask("Z0,1000,1"), "OK");
  EXPECT_EQ(ask("z0,1000,1"), "OK");
  EXPECT_EQ(ask("m1000,1").substr(0, 1), "E");
  EXPECT_EQ(ask("Hgp3.3").substr(0, 1), "E");
  EXPECT_EQ(ask("vCont;c"), "W00;process:1");
  EXPECT_EQ(ask("Hgp1.1").substr(0, 1), "E");
}

TEST_F(AllStopTest, CtrlCGoesWithTheProcessThatEnds) {
  target.add(ref(2, 2));
  run();
  client.raw("\x03");
  target.take_calls();
  target.report(ref(2, 2), stop::Exited{0, true});
  target.halted();
  client.take();
  run();
}

// gdb takes all that it resumed for running with their signals, although another thread's stop is told
// instead (gdb.threads/sigstep-threads.exp).
TEST_F(AllStopTest, ASignalForAThreadThatDidNotRunForAnothersHeldBackStopIsNotLost) {
  target.add(ref(1, 2));
  run();
  target.report(ref(1, 1), stop::Signal{SIGUSR1});
  target.report(ref(1, 2), stop::Signal{SIGUSR1});
  target.halted();
  client.take();
  EXPECT_THAT(ask("vCont;C1e:p1.1;c"), ::testing::HasSubstr("thread:p1.2"));
  target.take_calls();
  ask("vCont;C1e:p1.2;c");
  EXPECT_THAT(target.take_calls(), ElementsAre(::testing::HasSubstr("1.1:c10")));
}

TEST_F(AllStopTest, ASecondResumeWhileRunningDoesNothing) {
  run();
  EXPECT_EQ(ask("vCont;c"), "(none)");
  EXPECT_EQ(ask("s"), "(none)");
  EXPECT_THAT(target.take_calls(), IsEmpty());
  EXPECT_EQ(stop(ref(1, 1), stop::Step{}), stopped("T05", "p1.1"));
  EXPECT_EQ(client.answer(), "(none)");
}

TEST_F(AllStopTest, LookingWhileRunningStopsNobody) {
  run();
  EXPECT_EQ(ask("qfThreadInfo"), "mp1.1,p1.2");
  EXPECT_EQ(ask("m1000,2"), "6d6d");
  EXPECT_EQ(ask("g"), "E01");
  EXPECT_THAT(target.take_calls(), IsEmpty());
}

TEST_F(AllStopTest, ResumingNobodyIsAnsweredAtOnce) {
  EXPECT_EQ(ask("vCont;c:p1.77"), "N");
  EXPECT_EQ(ask("vCont;c:p77.-1"), "N");
  EXPECT_EQ(ask("vCont;c:77"), "N");
  EXPECT_THAT(target.take_calls(), IsEmpty());
}

TEST_F(AllStopTest, ThreadsThatAreGoneAreWaitedForWhileTheirProcessDies) {
  target.process_part.dying = true;
  run("vCont;s:p1.77");
  EXPECT_EQ(stop(ref(1, 1), stop::Killed{SIGKILL, true}), "X09;process:1");
}

TEST_F(AllStopTest, StopActionsAloneAreAnsweredWithTheStopThatIs) {
  client.session->initial_stop({ref(1, 1), stop::Signal{SIGTRAP}});
  EXPECT_EQ(ask("vCont;t"), stopped("T05", "p1.1"));
  EXPECT_THAT(target.take_calls(), IsEmpty());
}

TEST_F(AllStopTest, ActionsAreHandedOnInOrder) {
  EXPECT_EQ(ask("vCont;s:p1.1;C1e:p1.2;r10,20:p2.-1;c:-1"), "(none)");
  EXPECT_THAT(target.take_calls(),
              ElementsAre(fmt::format("resume 1.1:s0 1.2:c{} 2.*:r10,20 *.*:c0", SIGUSR1)));
}

TEST_F(AllStopTest, ASignalThatLinuxHasNotIsRefused) {
  EXPECT_EQ(ask("vCont;C7:p1.1"), "E01");  // SIGEMT
  EXPECT_EQ(ask("C7"), "E01");
  EXPECT_THAT(target.take_calls(), IsEmpty());
}

TEST_F(AllStopTest, OldPacketsUseTheThreadOfHcOrTheSelectedOne) {
  const auto resumes = [&](const char* packet) {
    EXPECT_EQ(ask(packet), "(none)") << packet;
    const auto calls = target.take_calls();
    stop(ref(1, 1), stop::Step{});
    return calls.empty() ? "" : calls[0];
  };
  EXPECT_EQ(resumes("c"), "resume *.*:c0");
  EXPECT_EQ(resumes("s"), "resume 1.1:s0 *.*:c0");
  EXPECT_EQ(resumes("C1e"), fmt::format("resume 1.1:c{} *.*:c0", SIGUSR1));
  EXPECT_EQ(ask("Hcp1.2"), "OK");
  EXPECT_EQ(resumes("c"), "resume 1.2:c0");
  EXPECT_EQ(resumes("s"), "resume 1.2:s0");
  EXPECT_EQ(resumes("S0b"), "resume 1.2:s11");
  EXPECT_EQ(ask("Hc-1"), "OK");
  EXPECT_EQ(resumes("s"), "resume 1.1:s0 *.*:c0");
}

TEST_F(AllStopTest, OldPacketsWithAnAddressSetThePc) {
  run("c401000");
  EXPECT_EQ(target.at(ref(1, 1)).registers[14], std::byte{0x40});
  stop(ref(1, 1), stop::Step{});
  target.register_error = Error{Errc::stale, 0, "An older stop."};
  EXPECT_EQ(ask("s402000"), "E01");
  EXPECT_THAT(target.take_calls(), IsEmpty());
}

TEST_F(AllStopTest, TheQuestionTellsTheInitialStop) {
  client.session->initial_stop({ref(1, 2), stop::Signal{SIGTRAP}});
  EXPECT_EQ(ask("?"), stopped("T05", "p1.2"));
  EXPECT_EQ(ask("?"), stopped("T05", "p1.2"));
  EXPECT_EQ(ask("qC"), "QCp1.2");
}

TEST_F(AllStopTest, TheQuestionTellsOfAnyThreadIfNoStopIsKnown) {
  EXPECT_EQ(ask("?"), stopped("T00", "p1.1"));
}

TEST_F(AllStopTest, TheQuestionHaltsWhatRuns) {
  target.set_stopped(ref(1, 2), false);
  EXPECT_EQ(ask("?"), "(none)");
  EXPECT_THAT(target.take_calls(), ElementsAre("halt"));
  // The answer is out: no other packet is served before it.
  EXPECT_EQ(ask("qC"), "(none)");
  target.halted();
  EXPECT_THAT(client.take(), ElementsAre("$" + stopped("T00", "p1.1"), "$QCp1.1"));
}

TEST_F(AllStopTest, ConsoleTextGoesOutOnlyWhileTheClientWaits) {
  target.console_text("ab");
  EXPECT_EQ(client.answer(), "(none)");
  EXPECT_EQ(ask("vCont;c"), "O6162");
  target.console_text("c");
  EXPECT_EQ(client.answer(), "O63");
  target.report(ref(1, 1), stop::Step{});
  target.console_text("d");
  target.halted();
  EXPECT_EQ(client.answer(), stopped("T05", "p1.1"));
}

TEST_F(AllStopTest, ExecMakesItsThreadTheSelectedOne) {
  run();
  target.lose(ref(1, 2));
  EXPECT_EQ(stop(ref(1, 1), stop::Exec{"/bin/true"}), stopped("T05exec:2f62696e2f74727565;", "p1.1"));
  EXPECT_EQ(ask("qC"), "QCp1.1");
}

TEST_F(AllStopTest, ExecTakesHeldBackStopsOfTheVanishedThreadsAlong) {
  target.add(ref(2, 2));
  run();
  target.report(ref(2, 2), stop::SoftwareBreak{});
  target.report(ref(1, 2), stop::SoftwareBreak{});
  target.lose(ref(1, 2));
  target.report(ref(1, 1), stop::Exec{"/x"});
  target.halted();
  client.take();
  EXPECT_EQ(ask("vCont;c"), stopped("T05exec:2f78;", "p1.1"));
  EXPECT_EQ(ask("vCont;c"), "(none)");
}

TEST_F(AllStopTest, AKillWhileRunningEndsTheWait) {
  run();
  EXPECT_EQ(ask("vKill;1"), "OK");
  EXPECT_EQ(ask("?"), "W00");
  target.add(ref(3, 3));
  EXPECT_EQ(ask("vCont;c"), "(none)");
  EXPECT_THAT(target.take_calls(), ElementsAre("kill 1", "resume *.*:c0"));
}

TEST_F(AllStopTest, ASessionMayGoWhileAHaltIsUnderWay) {
  run();
  target.report(ref(1, 1), stop::Step{});
  client.session.reset();
  target.halted();
  EXPECT_EQ(client.answer(), "(none)");
}

}  // namespace
}  // namespace cotrace::session::test
