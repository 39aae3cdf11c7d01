// H, T, qC, thread lists, names, thread-local variables.
#include <gmock/gmock.h>

#include "unit/session/client.h"

namespace cotrace::session::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(SessionTest, SelectsAThreadByBothIds) {
  EXPECT_EQ(ask("Hgp1.2"), "OK");
  EXPECT_EQ(ask("qC"), "QCp1.2");
  EXPECT_EQ(ask("Hgp1.77"), "E01");
  EXPECT_EQ(ask("Hgp2.2"), "E01");
  EXPECT_EQ(ask("qC"), "QCp1.2");
}

TEST_F(SessionTest, AnyKeepsTheSelectedThread) {
  ask("Hgp1.2");
  for (const char* any : {"Hgp0.0", "Hg0", "Hg-1", "Hgp1.-1", "Hgp1.0"}) {
    EXPECT_EQ(ask(any), "OK") << any;
    EXPECT_EQ(ask("qC"), "QCp1.2") << any;
  }
}

TEST_F(SessionTest, AnyOfAnotherProcessIsItsFirstThread) {
  target.add(ref(5, 5));
  target.add(ref(5, 6));
  EXPECT_EQ(ask("Hgp5.0"), "OK");
  EXPECT_EQ(ask("qC"), "QCp5.5");
}

TEST_F(SessionTest, AnyIsAnotherThreadOnceTheSelectedOneHasDied) {
  ask("Hgp1.2");
  target.lose(ref(1, 2));
  EXPECT_EQ(ask("g"), "E01");
  EXPECT_EQ(ask("m1000,1"), "6d");  // the memory is still there
  EXPECT_EQ(ask("Hgp0.0"), "OK");
  EXPECT_EQ(ask("qC"), "QCp1.1");
}

TEST_F(SessionTest, IdsWithoutAProcessFindTheThread) {
  target.add(ref(5, 6));
  EXPECT_EQ(ask("Hg6"), "OK");
  EXPECT_EQ(ask("qC"), "QCp5.6");
  EXPECT_EQ(ask("T2"), "OK");
  EXPECT_EQ(ask("T63"), "E01");
}

TEST_F(SessionTest, HcOfADeadThreadIsRefused) {
  EXPECT_EQ(ask("Hcp1.77"), "E01");
  EXPECT_EQ(ask("Hc0"), "OK");
}

TEST_F(SessionTest, ListsThreadsAsTheClientWritesIds) {
  target.add(ref(0x20, 0x21));
  EXPECT_EQ(ask("qfThreadInfo"), "mp1.1,p1.2,p20.21");
  EXPECT_EQ(ask("qsThreadInfo"), "l");
  Client plain(target);
  plain.start("");
  EXPECT_EQ(plain.ask("qfThreadInfo"), "m1,2,21");
}

TEST_F(SessionTest, ALongThreadListComesInSeveralRepliesThatFit) {
  for (int tid = 10; tid < 20'000; ++tid) target.add(ref(1, tid));
  std::size_t count = 0;
  int replies = 0;
  for (std::string reply = ask("qfThreadInfo"); reply != "l"; reply = ask("qsThreadInfo")) {
    ASSERT_EQ(reply[0], 'm');
    ASSERT_LE(reply.size(), 0x20000U);
    count += static_cast<std::size_t>(std::ranges::count(reply, ',')) + 1;
    ASSERT_LT(++replies, 10);
  }
  EXPECT_EQ(count, 2 + 19'990U);
  EXPECT_GT(replies, 1);
}

TEST_F(SessionTest, TheThreadDocumentHasNamesCoresAndHandles) {
  target.thread_part.names[ref(1, 1)] = "a<b>&\"c\"";
  target.thread_part.on_core = 2;
  target.thread_part.pthread = bytes_of("\x10\x20");
  EXPECT_EQ(ask("qXfer:threads:read::0,1000"),
            "l<?xml version=\"1.0\"?>\n<threads>\n"
            "<thread id=\"p1.1\" core=\"2\" name=\"a&lt;b&gt;&amp;&quot;c&quot;\" handle=\"1020\"/>\n"
            "<thread id=\"p1.2\" core=\"2\" handle=\"1020\"/>\n</threads>\n");
}

TEST_F(SessionTest, ControlCharactersInANameDoNotBreakTheDocument) {
  target.thread_part.names[ref(1, 1)] = "a\x01\nb";
  target.thread_part.extra = "x<y";
  EXPECT_THAT(ask("qXfer:threads:read::0,1000"), HasSubstr("name=\"a??b\">x&lt;y</thread>"));
}

TEST_F(SessionTest, AThreadThatComesBetweenTwoPiecesIsNotInThem) {
  const std::string first = ask("qXfer:threads:read::0,20");
  ASSERT_EQ(first[0], 'm');
  target.add(ref(1, 3));
  target.lose(ref(1, 1));
  const std::string rest = ask("qXfer:threads:read::20,1000");
  EXPECT_EQ((first.substr(1) + rest.substr(1)),
            "<?xml version=\"1.0\"?>\n<threads>\n<thread id=\"p1.1\"/>\n<thread id=\"p1.2\"/>\n</threads>\n");
  EXPECT_THAT(ask("qXfer:threads:read::0,1000"), HasSubstr("p1.3"));
  EXPECT_THAT(ask("qXfer:threads:read::0,1000"), Not(HasSubstr("p1.1")));
}

TEST_F(SessionTest, ExtraInfoIsTextInHex) {
  target.thread_part.extra = "idle";
  EXPECT_EQ(ask("qThreadExtraInfo,p1.1"), "69646c65");
  EXPECT_EQ(ask("qThreadExtraInfo,p1.9"), "E01");
}

TEST_F(SessionTest, ThreadLocalAddresses) {
  EXPECT_EQ(ask("qGetTLSAddr:p1.2,10,7000"), "7012");
  EXPECT_EQ(ask("qGetTLSAddr:p1.2,10,0"), "E01");
  EXPECT_EQ(ask("qGetTLSAddr:p1.9,10,7000"), "E01");
}

}  // namespace
}  // namespace cotrace::session::test
