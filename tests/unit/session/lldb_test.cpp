// What lldb asks beyond gdb, and what it gets else than gdb.
#include <gmock/gmock.h>

#include "rsp/escape.h"
#include "unit/session/client.h"

namespace cotrace::session::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class LldbTest : public SessionTest {
 protected:
  void SetUp() override {
    client.start("xmlRegisters=i386,arm,mips,arc;multiprocess+;fork-events+;vfork-events+");
    EXPECT_EQ(ask("QThreadSuffixSupported"), "OK");
  }
  // The answer to a resume of everything in which this happens.
  std::string stop(ThreadRef thread, StopReason reason) {
    EXPECT_EQ(ask("vCont;c"), "(none)");
    target.report(thread, std::move(reason));
    target.halted();
    return client.answer();
  }
};

TEST_F(LldbTest, WantsToHearOfExecAndFindsThePcAtABreakpoint) {
  EXPECT_THAT(target.take_calls(), Contains("want fork vfork exec pc_at_break"));
  // What has been agreed on before stays when it comes again.
  ask("qSupported:multiprocess+");
  EXPECT_THAT(target.take_calls(), Contains("want exec pc_at_break"));
}

TEST_F(LldbTest, ASuffixNamesTheThreadWhoseRegistersAreMeant) {
  target.at(ref(1, 2)).registers[0] = std::byte{0x42};
  ask("Hgp1.1");
  EXPECT_THAT(ask("g;thread:2;"), ::testing::StartsWith("42"));
  EXPECT_EQ(ask("p0;thread:p1.2;"), "4200000000000000");
  EXPECT_EQ(ask("P0=0100000000000000;thread:2;"), "OK");
  EXPECT_EQ(ask("p0;thread:2"), "0100000000000000");
  EXPECT_EQ(ask("qC"), "QCp1.1") << "and nothing else";
  for (const char* wrong : {"p0;thread:77;", "p0;thread:zz;", "p0;thread:;"})
    EXPECT_EQ(ask(wrong), "E01") << wrong;
}

TEST_F(SessionTest, OnlyLldbHasTheSuffix) {
  EXPECT_EQ(ask("p0;thread:p1.2;"), "E01");
}

TEST_F(LldbTest, StopsSayWhyInItsWords) {
  EXPECT_THAT(stop(ref(1, 1), stop::Step{}), HasSubstr(";reason:trace;"));
  const auto breakpoint = stop(ref(1, 1), stop::SoftwareBreak{});
  EXPECT_THAT(breakpoint, HasSubstr(";reason:breakpoint;"));
  EXPECT_THAT(breakpoint, Not(HasSubstr("swbreak")));
  EXPECT_THAT(stop(ref(1, 1), stop::VforkDone{}), HasSubstr("reason:vforkdone;"));
  EXPECT_THAT(stop(ref(1, 1), stop::Exec{"/a"}), HasSubstr("reason:exec;"));
}

// lldb takes the numbers of a server with thread suffixes for the system's own.
TEST_F(LldbTest, SignalsHaveLinuxsNumbers) {
  EXPECT_THAT(stop(ref(1, 1), stop::Signal{10}), ::testing::StartsWith("T0a"));
  target.take_calls();
  EXPECT_EQ(ask("vCont;C0a:p1.1"), "(none)");
  EXPECT_THAT(target.take_calls(), Contains("resume 1.1:c10"));
}

TEST_F(LldbTest, ThreadsThatStandAreAskedForOneByOne) {
  stop(ref(1, 2), stop::Step{});
  EXPECT_THAT(ask("qThreadStopInfo2"), HasSubstr("reason:trace;"));
  EXPECT_THAT(ask("qThreadStopInfo1"), ::testing::StartsWith("T00"));
  EXPECT_THAT(ask("qThreadStopInfo1"), Not(HasSubstr("reason")));
  EXPECT_EQ(ask("qThreadStopInfo63"), "E01");
  EXPECT_EQ(ask("qThreadStopInfo"), "E01");
}

// A stop that the client has resumed is told no more, even where another one that was held back is told
// instead of the run.
TEST_F(LldbTest, AStopThatWasResumedIsForgottenThoughNothingRan) {
  EXPECT_EQ(ask("vCont;c"), "(none)");
  target.report(ref(1, 2), stop::Step{});
  target.report(ref(1, 1), stop::Signal{10});
  target.halted();
  EXPECT_THAT(client.answer(), HasSubstr("thread:p1.2"));
  EXPECT_THAT(ask("vCont;c"), HasSubstr("thread:p1.1"));
  EXPECT_THAT(ask("qThreadStopInfo2"), Not(HasSubstr("reason")));
}

// lldb steps a thread over the breakpoint where it stands, hit or not: it hears of each hit at the one stop.
TEST_F(LldbTest, HitsBesideTheStopAreToldToWhoAsksForTheThread) {
  EXPECT_EQ(ask("vCont;c"), "(none)");
  target.report(ref(1, 2), stop::SoftwareBreak{});
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.halted();
  EXPECT_THAT(client.answer(), HasSubstr("thread:p1.2"));
  EXPECT_THAT(ask("qThreadStopInfo1"), HasSubstr("reason:breakpoint;"));
  EXPECT_THAT(ask("qThreadStopInfo2"), HasSubstr("reason:breakpoint;"));
  target.take_calls();
  EXPECT_EQ(ask("vCont;c"), "(none)") << "nothing is left to be told first";
  EXPECT_THAT(target.take_calls(), Contains("resume *.*:c0"));
}

TEST_F(LldbTest, AForkBesideTheStopIsToldByItself) {
  EXPECT_EQ(ask("vCont;c"), "(none)");
  target.report(ref(1, 2), stop::SoftwareBreak{});
  target.add(ref(9, 9));
  target.report(ref(1, 1), stop::Fork{ref(9, 9)});
  target.halted();
  EXPECT_THAT(client.answer(), HasSubstr("thread:p1.2"));
  EXPECT_THAT(ask("qThreadStopInfo1"), Not(HasSubstr("reason")));
  EXPECT_THAT(ask("vCont;c"), HasSubstr("fork:p9.9;"));
}

// It would let the others run past the breakpoints that it takes out for so long.
TEST_F(LldbTest, BesideAVforkOnlyItsCallerRuns) {
  target.add(ref(9, 9));
  stop(ref(1, 2), stop::Vfork{ref(9, 9)});
  target.take_calls();
  EXPECT_EQ(ask("vCont;c:p1.-1"), "(none)");
  EXPECT_THAT(target.take_calls(), Contains("resume 1.2:c0 1.*:t 1.*:c0"));
  target.report(ref(1, 2), stop::VforkDone{});
  target.halted();
  EXPECT_THAT(client.answer(), HasSubstr("vforkdone"));
  EXPECT_EQ(ask("vCont;c:p1.-1"), "(none)");
  EXPECT_THAT(target.take_calls(), Contains("resume 1.*:c0"));
}

TEST_F(LldbTest, MachineProcessAndMappings) {
  EXPECT_EQ(ask("qHostInfo"), "triple:78;ostype:linux;endian:little;ptrsize:8;");
  EXPECT_EQ(
      ask("qProcessInfo"),
      "pid:1;parent-pid:10;real-uid:1;real-gid:2;effective-uid:3;effective-gid:4;triple:78;ostype:linux;"
      "endian:little;ptrsize:8;");
  EXPECT_EQ(ask("qMemoryRegionInfo"), "OK");
  EXPECT_EQ(ask("qMemoryRegionInfo:0"), "start:0;size:1000;");
  EXPECT_EQ(ask("qMemoryRegionInfo:1fff"), "start:1000;size:2000;permissions:rx;name:2f61;");
  EXPECT_EQ(ask("qMemoryRegionInfo:3000"), "E01");
  EXPECT_EQ(ask("qMemoryRegionInfo:zz"), "E01");
}

TEST_F(LldbTest, AStopListsThreadsOnceAskedTo) {
  EXPECT_THAT(stop(ref(1, 1), stop::Step{}), Not(HasSubstr("threads:")));
  EXPECT_EQ(ask("QListThreadsInStopReply"), "OK");
  EXPECT_THAT(stop(ref(1, 1), stop::Step{}), HasSubstr(";threads:1,2;thread-pcs:0,0;"));
  EXPECT_THAT(ask("qThreadStopInfo2"), Not(HasSubstr("threads:"))) << "once is enough";
}

TEST_F(LldbTest, AllThreadsInOneAnswer) {
  EXPECT_EQ(ask("vCont;c"), "(none)");
  target.report(ref(1, 2), stop::SoftwareBreak{});
  target.report(ref(1, 1), stop::SoftwareBreak{});
  target.halted();
  client.answer();
  const auto all = rsp::unescape(ask("jThreadsInfo"));
  EXPECT_THAT(all, HasSubstr(R"({"tid":1,"reason":"breakpoint","signal":5,)"));
  EXPECT_THAT(all, HasSubstr(R"({"tid":2,"reason":"breakpoint","signal":5,)"));
  target.take_calls();
  EXPECT_EQ(ask("vCont;c"), "(none)") << "nothing is left to be told first";
}

TEST_F(LldbTest, ErrorsAreInWordsOnceAskedTo) {
  EXPECT_EQ(ask("_M20000,rw"), "E01");
  EXPECT_EQ(ask("QEnableErrorStrings"), "OK");
  EXPECT_EQ(ask("_M20000,rw"), "E01;6e6f206d656d6f7279");
}

TEST_F(LldbTest, MemoryComesAndGoes) {
  EXPECT_EQ(ask("_M1000,rwx"), "7000");
  EXPECT_THAT(target.take_calls(), Contains("allocate 1.1 1000 rwx"));
  EXPECT_EQ(ask("_m7000"), "OK");
  EXPECT_EQ(ask("_m8000"), "E01");
}

TEST_F(LldbTest, RegistersArePutAsideByANumber) {
  target.at(ref(1, 2)).registers[0] = std::byte{0x42};
  EXPECT_EQ(ask("QSaveRegisterState;thread:2;"), "1");
  target.at(ref(1, 2)).registers[0] = std::byte{0};
  EXPECT_EQ(ask("QRestoreRegisterState:1;thread:1;"), "E01") << "another thread's";
  EXPECT_EQ(ask("QRestoreRegisterState:1;thread:2;"), "OK");
  EXPECT_EQ(target.at(ref(1, 2)).registers[0], std::byte{0x42});
  EXPECT_EQ(ask("QRestoreRegisterState:1;thread:2;"), "E01") << "it is used up";
}

TEST_F(LldbTest, AnEchoIsItself) {
  EXPECT_EQ(ask("qEcho:7"), "qEcho:7");
}

TEST_F(LldbTest, NothingToDebugIsNoEndOfAProgram) {
  target.lose(Pid{1});
  EXPECT_EQ(ask("?"), "E01");
  EXPECT_EQ(ask("qfThreadInfo"), "OK");
}

TEST_F(LldbTest, HowProgramsAreStarted) {
  target.lose(Pid{1});
  target.take_calls();
  for (const char* packet : {"QEnvironment:A=b", "QSetDisableASLR:1", "QSetSTDIN:2f69",
                             "QSetSTDOUT:", "QLaunchArch:x86_64", "QSetDetachOnError:0"})
    EXPECT_EQ(ask(packet), "OK") << packet;
  EXPECT_THAT(target.take_calls(),
              ::testing::ElementsAre("env A=b", "aslr off", "stream 0 [/i]", "stream 1 []"));
  EXPECT_TRUE(client.session->kill_when_lost());
  EXPECT_EQ(ask("qGetWorkingDir"), "2f637764");
}

TEST_F(LldbTest, ItsOlderWayToLaunch) {
  target.lose(Pid{1});
  target.process_part.answer_start = fail(Errc::not_found, "Cannot exec /a");
  EXPECT_EQ(ask("A4,0,2f61"), "E01");
  EXPECT_EQ(ask("qLaunchSuccess"), "ECannot exec /a");
  target.add(ref(5, 5));
  target.process_part.pids.clear();
  target.process_part.answer_start = ref(5, 5);
  EXPECT_EQ(ask("A4,0,2f61,2,1,62"), "OK");
  EXPECT_THAT(target.take_calls(), Contains("launch [/a] [b]"));
  EXPECT_EQ(ask("qLaunchSuccess"), "OK");
  EXPECT_THAT(ask("?"), HasSubstr("thread:p5.5;"));
}

TEST_F(LldbTest, AttachesByName) {
  EXPECT_EQ(ask("vAttachName;61"), "E01") << "there is one already";
  target.lose(Pid{1});
  target.process_part.answer_start = ref(5, 5);
  target.add(ref(5, 5));
  target.process_part.pids.clear();
  target.take_calls();
  EXPECT_THAT(ask("vAttachWait;61"), HasSubstr("thread:p5.5;"));
  EXPECT_THAT(target.take_calls(), Contains("attach [a] next hold"));
  EXPECT_EQ(ask("qVAttachOrWaitSupported"), "OK");
}

class PlatformTest : public SessionTest {};

TEST_F(PlatformTest, ProcessesAreListedOneByOne) {
  EXPECT_EQ(ask("qfProcessInfo"),
            "pid:1;ppid:1;uid:10;gid:11;euid:12;egid:13;name:2f62696e2f7031;args:61--62;triple:78;");
  EXPECT_THAT(ask("qsProcessInfo"), ::testing::StartsWith("pid:3;"));
  EXPECT_EQ(ask("qsProcessInfo"), "E01") << "the last one is another user's";
  EXPECT_THAT(ask("qfProcessInfo:pid:4;all_users:1;"), ::testing::StartsWith("pid:4;"));
  EXPECT_THAT(ask("qfProcessInfo:name:7033;name_match:equals;"), ::testing::StartsWith("pid:3;"));
  EXPECT_THAT(ask("qfProcessInfo:name:5e70;name_match:regex;"), ::testing::StartsWith("pid:1;"));
  EXPECT_EQ(ask("qfProcessInfo:name:28;name_match:regex;"), "E.This is no regular expression.");
  EXPECT_EQ(ask("qProcessInfoPID:2"), "E01");
}

TEST_F(PlatformTest, AShellCommandIsAnsweredWhenItHasEnded) {
  EXPECT_EQ(ask("qPlatform_shell:6c73,a"), "(none)");
  EXPECT_THAT(target.take_calls(), Contains("shell [ls] in /cwd 10"));
  target.platform_part.pending(HostPlatform::ShellOutcome{{.signalled = false, .code = 3}, "a}b"});
  EXPECT_EQ(rsp::unescape(client.answer()), "F,00000003,00000000,a}b");
  EXPECT_EQ(ask("qPlatform_shell:6c73,ffffffff,2f64"), "(none)");
  EXPECT_THAT(target.take_calls(), Contains("shell [ls] in /d -1"));
  target.platform_part.pending(HostPlatform::ShellOutcome{{.signalled = true, .code = 9}, ""});
  EXPECT_EQ(client.answer(), "F,ffffffff,00000009,");
}

TEST_F(PlatformTest, FilesAndNames) {
  EXPECT_EQ(ask("qPlatform_mkdir:1ed,2f6e"), "F0");
  EXPECT_EQ(ask("qPlatform_mkdir:1ed,2f7468657265"), "F-1,11");
  EXPECT_EQ(ask("qPlatform_chmod:1c0,2f6e"), "F0");
  EXPECT_EQ(ask("vFile:symlink:61,62"), "F0");
  EXPECT_THAT(target.take_calls(),
              ::testing::ElementsAre("mkdir /n 755", "mkdir /there 755", "chmod /n 700", "symlink a b"));
  EXPECT_EQ(ask("vFile:size:2f66696c65"), "Fa");
  EXPECT_EQ(ask("vFile:mode:2f66696c65"), "F1a4");
  EXPECT_EQ(ask("vFile:exists:2f66696c65"), "F,1");
  EXPECT_EQ(ask("vFile:exists:2f"), "F,0");
  EXPECT_EQ(ask("qPathComplete:1,2f"), "M2f642f");
  EXPECT_EQ(ask("qPathComplete:0,2f"), "M2f642f,2f66");
  EXPECT_EQ(ask("qUserName:0"), "726f6f74");
  EXPECT_EQ(ask("qUserName:5"), "E01");
}

TEST_F(PlatformTest, AnotherConnectionIsOfferedWhereThereCanBeOne) {
  EXPECT_EQ(ask("qLaunchGDBServer;host:h;"), "");
  Client with_port(target, {.door = SessionOptions::Door{.port = 4711}});
  with_port.start();
  EXPECT_EQ(with_port.ask("qLaunchGDBServer;host:h;"), "port:4711;");
  Client with_path(target, {.door = SessionOptions::Door{.socket = "/a"}});
  with_path.start();
  EXPECT_EQ(with_path.ask("qLaunchGDBServer;"), "port:0;socket_name:2f61;");
}

TEST_F(LldbTest, BinaryReadsHaveNothingBeforeTheBytes) {
  EXPECT_EQ(ask("x0,0"), "OK");
  EXPECT_EQ(ask("x1000,2"), "mm");
}

}  // namespace
}  // namespace cotrace::session::test
