// What lldb asks beyond gdb, and what it gets else than gdb.
#include <gmock/gmock.h>

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

TEST_F(LldbTest, BinaryReadsHaveNothingBeforeTheBytes) {
  EXPECT_EQ(ask("x0,0"), "OK");
  EXPECT_EQ(ask("x1000,2"), "mm");
}

}  // namespace
}  // namespace cotrace::session::test
