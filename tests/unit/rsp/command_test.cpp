// The whole way: payload to command.
#include "rsp/command.h"

#include <gtest/gtest.h>
#include <string>

namespace cotrace::rsp {
namespace {

template <class Packet>
bool is(std::string_view payload) {
  const auto command = parse_command(payload);
  return command && std::holds_alternative<Packet>(*command);
}

std::optional<ParseError> error_of(std::string_view payload) {
  const auto command = parse_command(payload);
  return command ? std::nullopt : std::optional(command.error());
}

TEST(Command, SessionPackets) {
  EXPECT_TRUE(is<Supported>("qSupported:multiprocess+"));
  EXPECT_TRUE(is<StartNoAckMode>("QStartNoAckMode"));
  EXPECT_TRUE(is<ExtendedMode>("!"));
  EXPECT_TRUE(is<HaltReason>("?"));
  EXPECT_TRUE(is<NonStop>("QNonStop:1"));
  EXPECT_TRUE(is<MonitorCommand>("qRcmd,68656c70"));
}

TEST(Command, ThreadPackets) {
  EXPECT_TRUE(is<SelectThread>("Hgp0.0"));
  EXPECT_TRUE(is<ThreadAlive>("Tp1.1"));
  EXPECT_TRUE(is<CurrentThread>("qC"));
  EXPECT_TRUE(is<FirstThreads>("qfThreadInfo"));
  EXPECT_TRUE(is<NextThreads>("qsThreadInfo"));
  EXPECT_TRUE(is<ThreadExtraInfo>("qThreadExtraInfo,p1.1"));
  EXPECT_TRUE(is<TlsAddress>("qGetTLSAddr:p1.1,8,7f00"));
  EXPECT_TRUE(is<ThreadEvents>("QThreadEvents:1"));
  EXPECT_TRUE(is<ThreadOptions>("QThreadOptions;0;3:p1.1"));
}

TEST(Command, RegisterAndMemoryPackets) {
  EXPECT_TRUE(is<ReadRegisters>("g"));
  EXPECT_TRUE(is<WriteRegisters>("G00ff"));
  EXPECT_TRUE(is<ReadRegister>("p10"));
  EXPECT_TRUE(is<WriteRegister>("P10=00"));
  EXPECT_TRUE(is<ReadMemory>("m0,4"));
  EXPECT_TRUE(is<ReadMemoryBinary>("x0,4"));
  EXPECT_TRUE(is<WriteMemory>("M0,1:00"));
  EXPECT_TRUE(is<WriteMemoryBinary>("X0,1:#"));
  EXPECT_TRUE(is<SearchMemory>("qSearch:memory:0;4;x"));
  EXPECT_TRUE(is<MemoryCrc>("qCRC:0,4"));
}

TEST(Command, ResumePackets) {
  EXPECT_TRUE(is<Continue>("c"));
  EXPECT_TRUE(is<ContinueWithSignal>("C05"));
  EXPECT_TRUE(is<Step>("s"));
  EXPECT_TRUE(is<StepWithSignal>("S05"));
  EXPECT_TRUE(is<ResumeThreads>("vCont;c"));
  EXPECT_TRUE(is<ResumeSupported>("vCont?"));
  EXPECT_TRUE(is<InterruptTarget>("vCtrlC"));
  EXPECT_TRUE(is<NextStop>("vStopped"));
}

TEST(Command, ProcessPackets) {
  EXPECT_TRUE(is<rsp::Run>("vRun;"));
  EXPECT_TRUE(is<Attach>("vAttach;1"));
  EXPECT_TRUE(is<Kill>("vKill;1"));
  EXPECT_TRUE(is<KillAll>("k"));
  EXPECT_TRUE(is<Detach>("D;1"));
  EXPECT_TRUE(is<Restart>("R00"));
  EXPECT_TRUE(is<Attached>("qAttached:1"));
  EXPECT_TRUE(is<DisableRandomization>("QDisableRandomization:1"));
  EXPECT_TRUE(is<StartupWithShell>("QStartupWithShell:0"));
  EXPECT_TRUE(is<SetEnvironment>("QEnvironmentHexEncoded:413d"));
  EXPECT_TRUE(is<UnsetEnvironment>("QEnvironmentUnset:41"));
  EXPECT_TRUE(is<ResetEnvironment>("QEnvironmentReset"));
  EXPECT_TRUE(is<SetWorkingDirectory>("QSetWorkingDir:"));
}

TEST(Command, PointEventAndQueryPackets) {
  EXPECT_TRUE(is<InsertPoint>("Z0,1000,1"));
  EXPECT_TRUE(is<RemovePoint>("z4,1000,8"));
  EXPECT_TRUE(is<PassSignals>("QPassSignals:e;10"));
  EXPECT_TRUE(is<ProgramSignals>("QProgramSignals:"));
  EXPECT_TRUE(is<CatchSyscalls>("QCatchSyscalls:1"));
  EXPECT_TRUE(is<XferRead>("qXfer:auxv:read::0,1000"));
  EXPECT_TRUE(is<XferWrite>("qXfer:siginfo:write::0:abc"));
  EXPECT_TRUE(is<SectionOffsets>("qOffsets"));
  EXPECT_TRUE(is<Symbol>("qSymbol::"));
}

TEST(Command, FilePackets) {
  EXPECT_TRUE(is<FileSetfs>("vFile:setfs:0"));
  EXPECT_TRUE(is<FileOpen>("vFile:open:2f,0,1c0"));
  EXPECT_TRUE(is<FileClose>("vFile:close:5"));
  EXPECT_TRUE(is<FilePread>("vFile:pread:5,100,0"));
  EXPECT_TRUE(is<FilePwrite>("vFile:pwrite:5,0,x"));
  EXPECT_TRUE(is<FileFstat>("vFile:fstat:5"));
  EXPECT_TRUE(is<FileStatPath>("vFile:stat:2f"));
  EXPECT_TRUE(is<FileLstatPath>("vFile:lstat:2f"));
  EXPECT_TRUE(is<FileUnlink>("vFile:unlink:2f"));
  EXPECT_TRUE(is<FileReadlink>("vFile:readlink:2f"));
}

TEST(Command, UnknownPacketsAreUnknown) {
  for (const auto* payload : {"", "vMustReplyEmpty", "qTStatus", "MultiMemRead:ranges:0,4;",
                              "jThreadExtendedInfo:{}", "vContinue", "vFile:chmod:1", "qXfer:auxv:erase::0",
                              "qXfer:auxv", "qSupportedX", "qP0", "QAgent:1", "vCont?x", "qCX", "bc", "y"}) {
    EXPECT_EQ(error_of(payload), ParseError::unknown) << payload;
  }
}

TEST(Command, KnownPacketsWithBadArgumentsAreMalformed) {
  for (const auto* payload : {"m",
                              "m1000",
                              "m1000,",
                              "m1000,4x",
                              "m11112222333344445,1",
                              "Mff,2:00",
                              "g0",
                              "vCont",
                              "vCont;",
                              "vCont;x",
                              "Hg",
                              "Hgp-1.5",
                              "T",
                              "p",
                              "P10",
                              "Z0,1000",
                              "QNonStop:2",
                              "QNonStop",
                              "vAttach;0",
                              "vKill;",
                              "D1",
                              "vFile:open:2f",
                              "qXfer:auxv:read:0,fff",
                              "QStartNoAckMode:1",
                              "qC:1",
                              "k1"}) {
    EXPECT_EQ(error_of(payload), ParseError::malformed) << payload;
  }
}

// Every packet of this list parses, and no proper beginning of it may crash or be taken for something else
// than itself.
TEST(Command, CutPacketsNeverParseAsAnotherPacket) {
  const std::string payload = "qXfer:features:read:target.xml:0,ffb";
  const auto whole = parse_command(payload);
  ASSERT_TRUE(whole);
  for (std::size_t length = 0; length < payload.size(); ++length) {
    const auto cut = parse_command(payload.substr(0, length));
    if (cut) {
      EXPECT_EQ(cut->index(), whole->index()) << payload.substr(0, length);
    }
  }
}

}  // namespace
}  // namespace cotrace::rsp
