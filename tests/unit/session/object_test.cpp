// qXfer objects, files, monitor commands, offsets.
#include <gmock/gmock.h>

#include "unit/session/client.h"

namespace cotrace::session::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST_F(SessionTest, TheTargetDescriptionIsThereBeforeAnyThreadIsSelected) {
  EXPECT_EQ(ask("qXfer:features:read:target.xml:0,100"), "l<target/>");
  EXPECT_EQ(ask("qXfer:features:read:other.xml:0,100"), "E01");
  EXPECT_EQ(ask("qXfer:features:read::0,100"), "E01");
}

TEST_F(SessionTest, ObjectsComeInPiecesOfWhatWasOnceRead) {
  target.target_xml = "0123456789";
  EXPECT_EQ(ask("qXfer:features:read:target.xml:0,4"), "m0123");
  target.target_xml = "changed";
  EXPECT_EQ(ask("qXfer:features:read:target.xml:4,4"), "m4567");
  EXPECT_EQ(ask("qXfer:features:read:target.xml:8,4"), "l89");
  EXPECT_EQ(ask("qXfer:features:read:target.xml:a,4"), "l");
  EXPECT_EQ(ask("qXfer:features:read:target.xml:b,4"), "E01");
  EXPECT_EQ(ask("qXfer:features:read:target.xml:0,40"), "lchanged");
}

TEST_F(SessionTest, AReadThatDoesNotBeginAtTheStartGetsThePresentObject) {
  target.target_xml = "0123456789";
  EXPECT_EQ(ask("qXfer:features:read:target.xml:8,4"), "l89");
}

TEST_F(SessionTest, SnapshotsOfDifferentObjectsDoNotMix) {
  EXPECT_EQ(ask("qXfer:osdata:read:processes:0,8"), "m<osdata ");
  EXPECT_EQ(ask("qXfer:osdata:read:threads:0,8"), "m<osdata ");
  EXPECT_EQ(ask("qXfer:osdata:read:processes:8,40"), "ltype=\"processes\"/>");
  EXPECT_EQ(ask("qXfer:osdata:read:threads:8,40"), "ltype=\"threads\"/>");
  EXPECT_EQ(ask("qXfer:osdata:read:bad:0,40"), "l");  // no such table: empty, not an error
  // More than are kept: the forgotten one is made again.
  for (int i = 0; i < 20; ++i) ask(fmt::format("qXfer:osdata:read:t{}:0,8", i));
  EXPECT_EQ(ask("qXfer:osdata:read:processes:8,40"), "ltype=\"processes\"/>");
}

TEST_F(SessionTest, TheAuxVectorIsTheSelectedProcesss) {
  target.add(ref(5, 5));
  target.fact_part.auxv_of[Pid{1}] = "one";
  target.fact_part.auxv_of[Pid{5}] = std::string("fi\0#", 4);
  EXPECT_EQ(ask("qXfer:auxv:read::0,100"), "lone");
  ask("Hgp5.5");
  EXPECT_EQ(ask("qXfer:auxv:read::0,100"), std::string("lfi\0}\x03", 6));
  EXPECT_EQ(ask("qXfer:auxv:read:x:0,100"), "E01");
  target.fact_part.auxv_of.clear();
  EXPECT_EQ(ask("qXfer:auxv:read::0,100"), "E01");
}

TEST_F(SessionTest, ExecFilesByProcess) {
  target.fact_part.exec_of[Pid{1}] = "/bin/one";
  target.fact_part.exec_of[Pid{0x2a}] = "/bin/other";
  EXPECT_EQ(ask("qXfer:exec-file:read:2a:0,100"), "l/bin/other");
  EXPECT_EQ(ask("qXfer:exec-file:read::0,100"), "l/bin/one");
  EXPECT_EQ(ask("qXfer:exec-file:read:7:0,100"), "E01");
  EXPECT_EQ(ask("qXfer:exec-file:read:zz:0,100"), "E01");
}

TEST_F(SessionTest, TheLibraryListTakesItsAnnexAsItIs) {
  EXPECT_EQ(ask("qXfer:libraries-svr4:read:start=7f;prev=0;:0,100"),
            "l<libraries pid=\"1\" annex=\"start=7f;prev=0;\"/>");
}

TEST_F(SessionTest, SiginfoIsReadAndWrittenInParts) {
  target.signal_part.info = bytes_of("abcdef");
  EXPECT_EQ(ask("qXfer:siginfo:read::0,100"), "labcdef");
  EXPECT_EQ(ask("qXfer:siginfo:write::2:XY"), "2");
  EXPECT_EQ(ask("qXfer:siginfo:read::0,100"), "labXYef");
  EXPECT_EQ(ask("qXfer:siginfo:write::5:XY"), "E01");
  EXPECT_EQ(ask("qXfer:siginfo:write::7:"), "E01");
  EXPECT_EQ(ask("qXfer:siginfo:write:a:0:X"), "E01");
  EXPECT_EQ(ask("qXfer:siginfo:read::0,100"), "labXYef");
  target.signal_part.error = Error{Errc::unsupported, 0, "none"};
  EXPECT_EQ(ask("qXfer:siginfo:read::0,100"), "E01");
  target.set_stopped(ref(1, 1), false);
  EXPECT_EQ(ask("qXfer:siginfo:write::0:X"), "E01");
}

TEST_F(SessionTest, FilesAreOpenedWithLinuxsFlags) {
  EXPECT_EQ(ask("vFile:setfs:0"), "F0");
  EXPECT_EQ(ask("vFile:setfs:1"), "F0");
  EXPECT_EQ(ask("vFile:setfs:9"), "F-1,2");
  // O_RDWR|O_CREAT|O_TRUNC of the protocol: 2, 0x200, 0x400.
  EXPECT_EQ(ask("vFile:open:2f66696c65,602,1a4"), "F5");
  EXPECT_EQ(ask("vFile:open:2f6e6f,0,0"), "F-1,2");
  EXPECT_EQ(ask("vFile:open:2f66696c65,80000000,0"), "F-1,16");
  EXPECT_THAT(target.take_calls(),
              ElementsAre("setfs own", "setfs 1", fmt::format("open /file {:o} 644", 02 | 0100 | 01000),
                          "open /no 0 0"));
}

TEST_F(SessionTest, FilesAreReadAndWritten) {
  EXPECT_EQ(ask("vFile:pread:5,4,2"), "F4;2345");
  EXPECT_EQ(ask("vFile:pread:5,4,a"), "F0;");
  EXPECT_EQ(ask("vFile:pread:6,4,0"), "F-1,9");
  EXPECT_EQ(ask("vFile:pwrite:5,8,}\x03zz"), "F3");
  EXPECT_EQ(ask("vFile:pread:5,40,0"), "Fb;01234567}\x03zz");
  EXPECT_EQ(ask("vFile:close:5"), "F0");
  EXPECT_EQ(ask("vFile:close:6"), "F-1,9");
}

TEST_F(SessionTest, AReadOfAFileIsCutToThePacket) {
  target.file_part.content.assign(0x80000, 'a');
  const auto reply = ask("vFile:pread:5,ffffffffffffffff,0");
  EXPECT_LE(target.file_part.asked, 0x20000U);
  EXPECT_LE(reply.size(), 0x20000U);
  EXPECT_THAT(reply, StartsWith("F1ff"));
}

TEST_F(SessionTest, FileFactsAreBigEndian) {
  const auto reply = ask("vFile:fstat:5");
  EXPECT_THAT(reply, StartsWith("F40;"));
  EXPECT_EQ(ask("vFile:stat:2f66696c65"), reply);
  EXPECT_EQ(ask("vFile:stat:2f"), "F-1,5b");  // ENAMETOOLONG is 91 there
  EXPECT_EQ(ask("vFile:fstat:9"), "F-1,9");
  EXPECT_EQ(ask("vFile:readlink:2f6c696e6b"), "F5;/file");
  EXPECT_EQ(ask("vFile:readlink:2f"), "F-1,16");
  EXPECT_EQ(ask("vFile:unlink:2f66696c65"), "F0");
  EXPECT_EQ(ask("vFile:unlink:2f"), "F-1,d");
}

TEST_F(SessionTest, FilesNeedNoProcess) {
  target.lose(Pid{1});
  EXPECT_EQ(ask("vFile:open:2f66696c65,0,0"), "F5");
}

TEST_F(SessionTest, MonitorCommands) {
  EXPECT_EQ(ask("qRcmd,68656c6c6f"), "776f726c640a");
  EXPECT_EQ(ask("qRcmd,73696c656e74"), "OK");
  EXPECT_THAT(client.raw(rsp::frame("qRcmd,78")),
              ElementsAre("$O556e6b6e6f776e206d6f6e69746f7220636f6d6d616e642e0a", "$E01"));
}

TEST_F(SessionTest, LongMonitorOutputIsCut) {
  const auto items = client.raw(rsp::frame("qRcmd,6c6f6e67"));
  ASSERT_EQ(items.size(), 3U);
  EXPECT_LE(items[0].size(), 0x20000U + 1);
  EXPECT_EQ(items[0].size() + items[1].size(), 2 * 2 + 200'000U);
  EXPECT_EQ(items[2], "$OK");
}

TEST_F(SessionTest, OffsetsIfTheTargetKnowsThem) {
  EXPECT_EQ(ask("qOffsets"), "");
  target.fact_part.offsets_known = true;
  EXPECT_EQ(ask("qOffsets"), "Text=1000;Data=2000;Bss=2000");
}

}  // namespace
}  // namespace cotrace::session::test
