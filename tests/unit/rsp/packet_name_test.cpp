#include "rsp/packet_name.h"

#include <gtest/gtest.h>
#include <ostream>

namespace cotrace::rsp {
namespace {

struct Case {
  std::string_view payload, name, arguments;
  // What stands in the test's name.
  friend std::ostream& operator<<(std::ostream& out, const Case& tested) { return out << tested.payload; }
};

class PacketNames : public testing::TestWithParam<Case> {};

TEST_P(PacketNames, AreCutOff) {
  const auto& [payload, name, arguments] = GetParam();
  const auto found = split_name(payload);
  EXPECT_EQ(found.name, name) << payload;
  EXPECT_EQ(found.arguments, arguments) << payload;
}

INSTANTIATE_TEST_SUITE_P(OneLetter, PacketNames,
                         testing::Values(Case{"g", "g", ""}, Case{"?", "?", ""}, Case{"!", "!", ""},
                                         Case{"m1000,4", "m", "1000,4"}, Case{"mabc,4", "m", "abc,4"},
                                         Case{"Mff,1:aa", "M", "ff,1:aa"}, Case{"Xa,1::", "X", "a,1::"},
                                         Case{"Hgp1.-1", "H", "gp1.-1"}, Case{"Hc-1", "H", "c-1"},
                                         Case{"Tp1.2", "T", "p1.2"}, Case{"T-1", "T", "-1"},
                                         Case{"D", "D", ""}, Case{"D;2a", "D", ";2a"},
                                         Case{"Z0,1000,1;X1,22", "Z", "0,1000,1;X1,22"},
                                         Case{"C0b;1000", "C", "0b;1000"}, Case{"c", "c", ""},
                                         Case{"cface", "c", "face"}, Case{"P10=00", "P", "10=00"},
                                         Case{"R00", "R", "00"}, Case{"k", "k", ""}));

INSTANTIATE_TEST_SUITE_P(Words, PacketNames,
                         testing::Values(Case{"qSupported:a+;b-", "qSupported", "a+;b-"},
                                         Case{"qSupported", "qSupported", ""}, Case{"qC", "qC", ""},
                                         Case{"qCRC:1000,4", "qCRC", "1000,4"},
                                         Case{"qAttached:1", "qAttached", "1"},
                                         Case{"qThreadStopInfo1f2", "qThreadStopInfo", "1f2"},
                                         Case{"qThreadStopInfo", "qThreadStopInfo", ""},
                                         Case{"qThreadExtraInfo,p1.1", "qThreadExtraInfo", "p1.1"},
                                         Case{"qRcmd,6869", "qRcmd", "6869"}, Case{"vCont?", "vCont?", ""},
                                         Case{"vCont;c:p1.-1", "vCont", "c:p1.-1"},
                                         Case{"vCont", "vCont", ""}, Case{"vRun;;61", "vRun", ";61"},
                                         Case{"vMustReplyEmpty", "vMustReplyEmpty", ""},
                                         Case{"QThreadOptions;3:p1.1", "QThreadOptions", "3:p1.1"},
                                         Case{"qP0000001f0000000000000001", "qP0000001f0000000000000001", ""},
                                         Case{"qSymbol::", "qSymbol", ":"}));

INSTANTIATE_TEST_SUITE_P(
    Families, PacketNames,
    testing::Values(Case{"vFile:open:2f,0,0", "vFile:open", "2f,0,0"},
                    Case{"vFile:setfs:0", "vFile:setfs", "0"}, Case{"vFile:", "vFile:", ""},
                    Case{"vFile", "vFile", ""}, Case{"vFiles:open:1", "vFiles", "open:1"},
                    Case{"qXfer:auxv:read::0,fff", "qXfer:auxv:read", ":0,fff"},
                    Case{"qXfer:features:read:target.xml:0,ffb", "qXfer:features:read", "target.xml:0,ffb"},
                    Case{"qXfer:auxv", "qXfer:auxv", ""}, Case{"qXfer", "qXfer", ""},
                    Case{"qSearch:memory:10;4;ab", "qSearch:memory", "10;4;ab"},
                    Case{"qSearch:registers:1", "qSearch:registers", "1"}));

// A word that begins like a packet of one letter is not that packet.
INSTANTIATE_TEST_SUITE_P(ForeignWords, PacketNames,
                         testing::Values(Case{"MultiMemRead:ranges:1,2;", "MultiMemRead", "ranges:1,2;"},
                                         Case{"jThreadsInfo", "jThreadsInfo", ""}, Case{"bc", "bc", ""},
                                         Case{"_M10,rx", "_M", "10,rx"}, Case{"_m10", "_m", "10"},
                                         Case{"_", "_", ""}, Case{"kill", "kill", ""}, Case{"gdb", "gdb", ""},
                                         Case{"Detach;1", "Detach", "1"}));

// Damaged arguments of a known packet stay that packet's.
INSTANTIATE_TEST_SUITE_P(Damaged, PacketNames,
                         testing::Values(Case{"m-1,4", "m", "-1,4"}, Case{"m", "m", ""},
                                         Case{"m,4", "m", ",4"}, Case{"Z9,0,1", "Z", "9,0,1"},
                                         Case{"g1", "g", "1"}, Case{"", "", ""}, Case{"Hgx", "H", "gx"},
                                         Case{"D1", "D", "1"}));

}  // namespace
}  // namespace cotrace::rsp
