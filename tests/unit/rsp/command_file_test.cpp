#include "rsp/command_file.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "rsp/command_query.h"

namespace cotrace::rsp {
namespace {

TEST(OpenPacket, HasPathFlagsAndMode) {
  const auto packet = FileOpen::parse("6a7573742070726f62696e67,0,1c0");
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->path, "just probing");
  EXPECT_EQ(packet->flags, 0U);
  EXPECT_EQ(packet->mode, 0700U);
  for (const auto* text : {"", ",0,0", "2f,0", "2f,0,", "2f,0,0,0", "2f00,0,0", "2,0,0", "2f,-1,0"}) {
    EXPECT_FALSE(FileOpen::parse(text)) << text;
  }
}

TEST(PreadPacket, HasHandleCountAndOffset) {
  const auto packet = FilePread::parse("5,1000,ffffffff0");
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->handle, 5);
  EXPECT_EQ(packet->count, 0x1000U);
  EXPECT_EQ(packet->offset, 0xffffffff0U);
  for (const auto* text : {"", "5", "5,1", "5,1,", "-1,1,0", "80000000,1,0", "5,1,0,"}) {
    EXPECT_FALSE(FilePread::parse(text)) << text;
  }
}

TEST(PwritePacket, TakesAnyBytes) {
  using namespace std::string_view_literals;
  const auto packet = FilePwrite::parse("5,10,a,\0#"sv);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->offset, 0x10U);
  EXPECT_EQ(base::to_hex(packet->bytes), "612c0023");
  EXPECT_TRUE(FilePwrite::parse("5,0,")->bytes.empty());
  EXPECT_FALSE(FilePwrite::parse("5,0"));
}

TEST(SetfsPacket, ZeroIsTheServersOwn) {
  EXPECT_EQ(FileSetfs::parse("0")->pid, std::nullopt);
  EXPECT_EQ(FileSetfs::parse("2a")->pid, Pid{42});
  EXPECT_FALSE(FileSetfs::parse(""));
  EXPECT_FALSE(FileSetfs::parse("-1"));
}

TEST(PathPackets, HaveAPathThatIsNotEmpty) {
  EXPECT_EQ(FileStatPath::parse("2f61")->path, "/a");
  EXPECT_EQ(FileReadlink::parse("2f61")->path, "/a");
  for (const auto* text : {"", "2", "zz", "2f00"}) {
    EXPECT_FALSE(FileStatPath::parse(text)) << text;
    EXPECT_FALSE(FileLstatPath::parse(text)) << text;
    EXPECT_FALSE(FileUnlink::parse(text)) << text;
    EXPECT_FALSE(FileReadlink::parse(text)) << text;
  }
}

TEST(HandlePackets, HaveAHandle) {
  EXPECT_EQ(FileClose::parse("a")->handle, 10);
  EXPECT_EQ(FileFstat::parse("a")->handle, 10);
  for (const auto* text : {"", "-1", "a,", "100000000"}) {
    EXPECT_FALSE(FileClose::parse(text)) << text;
    EXPECT_FALSE(FileFstat::parse(text)) << text;
  }
}

TEST(XferPackets, HaveAnnexOffsetAndLength) {
  const auto read = XferRead::parse("target.xml:10,ffb");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->annex, "target.xml");
  EXPECT_EQ(read->offset, 0x10U);
  EXPECT_EQ(read->length, 0xffbU);
  EXPECT_EQ(XferRead::parse(":0,1")->annex, "");
  EXPECT_EQ(XferRead::parse("start=1;prev=2;:0,1")->annex, "start=1;prev=2;");
  for (const auto* text : {"", ":", "0,1", ":0", ":0,", ":,1", ":0,1,", "a:b:0,1"}) {
    EXPECT_FALSE(XferRead::parse(text)) << text;
  }
}

TEST(XferPackets, WriteBinaryData) {
  const auto write = XferWrite::parse(":8:a:b");
  ASSERT_TRUE(write);
  EXPECT_EQ(write->offset, 8U);
  EXPECT_EQ(base::to_hex(write->bytes), "613a62");
  EXPECT_FALSE(XferWrite::parse(":8"));
  EXPECT_FALSE(XferWrite::parse("8:a"));
}

TEST(SymbolPacket, OffersAndAnswers) {
  EXPECT_EQ(Symbol::parse(":")->symbol, "");
  EXPECT_EQ(Symbol::parse(":6162")->symbol, "ab");
  EXPECT_FALSE(Symbol::parse(":6162")->value);
  EXPECT_EQ(Symbol::parse("10:6162")->value, 0x10U);
  for (const auto* text : {"", "10", "10:", ":6", "x:6162"}) EXPECT_FALSE(Symbol::parse(text)) << text;
}

}  // namespace
}  // namespace cotrace::rsp
