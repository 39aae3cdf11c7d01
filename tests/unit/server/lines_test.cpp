#include "server/lines.h"

#include <cerrno>
#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/server/support.h"

namespace cotrace::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class LinesTest : public ::testing::Test {
 protected:
  std::string shown() { return testing::read_now(pipe.ours.get()); }
  std::unique_ptr<base::Reactor> reactor = testing::make_reactor();
  testing::SocketPair pipe = testing::pipe_pair();
  Notices notices{*reactor, pipe.theirs.get()};
  Log log{notices};
  Lines gdbserver{notices, log, Manner::gdbserver};
  Lines own{notices, log, Manner::own};
};

TEST_F(LinesTest, GdbserversOwnWords) {
  gdbserver.launched(Pid{12}, "/bin/true");
  gdbserver.attached(Pid{13});
  gdbserver.connected({"127.0.0.1", 4711});
  gdbserver.streaming("stdio");
  gdbserver.detaching(Pid{12});
  gdbserver.killing(Pid{13});
  gdbserver.reopening();
  gdbserver.exiting();
  EXPECT_EQ(shown(),
            "Process /bin/true created; pid = 12\n"
            "Attached; pid = 13\n"
            "Remote debugging from host 127.0.0.1, port 4711\n"
            "Remote debugging using stdio\n"
            "Detaching from process 12\n"
            "Killing process(es): 13\n"
            "Remote side has terminated connection.  GDBserver will reopen the connection.\n"
            "GDBserver exiting\n");
}

TEST_F(LinesTest, TheEndOfAProcess) {
  gdbserver.ended(Pid{1}, {.code = 3});
  EXPECT_EQ(shown(), "\nChild exited with status 3\n");
  gdbserver.ended(Pid{1}, {.signalled = true, .code = SIGSEGV});
  EXPECT_EQ(shown(), "\nChild terminated with signal = 0xb (SIGSEGV)\n");
}

TEST_F(LinesTest, AProgramThatCannotBeLaunched) {
  const Error missing{Errc::not_found, ENOENT, "Cannot exec nothing"};
  gdbserver.exec_failed(missing);
  gdbserver.cannot_launch(missing);
  EXPECT_EQ(shown(),
            "gdbserver: Cannot exec nothing\n"
            "gdbserver: Error: No such file or directory\n"
            "During startup program exited with code 127.\n"
            "Exiting\n");
  gdbserver.cannot_launch({Errc::system, 0, "During startup program exited with code 127."});
  EXPECT_EQ(shown(), "During startup program exited with code 127.\nExiting\n");
  own.cannot_launch({Errc::not_found, ENOENT, "Cannot exec nothing"});
  EXPECT_EQ(shown(), "cotrace: Cannot exec nothing: No such file or directory\n");
}

TEST_F(LinesTest, AnAttachThatIsRefused) {
  gdbserver.cannot_attach(Pid{1}, {Errc::not_permitted, EPERM, "another user"});
  EXPECT_EQ(shown(), "Cannot attach to process 1: another user\nExiting\n");
  own.cannot_attach(Pid{1}, {Errc::not_permitted, EPERM, "another user"});
  EXPECT_EQ(shown(), "cotrace: Cannot attach to process 1: another user\n");
}

TEST_F(LinesTest, WhereItListens) {
  auto port = ListeningSockets::bind(*resolve({.host = "127.0.0.1"}));
  ASSERT_TRUE(port.has_value());
  gdbserver.listening(*port);
  EXPECT_EQ(shown(), "Listening on port " + std::to_string(port->port()) + "\n");
  own.gdb_command(*port);
  EXPECT_EQ(shown(), "target extended-remote localhost:" + std::to_string(port->port()) + "\n");
  const testing::TemporaryDirectory directory;
  auto path = ListeningSockets::bind(UnixAddress{directory / "s"});
  ASSERT_TRUE(path.has_value());
  gdbserver.listening(*path);
  EXPECT_EQ(shown(), "Listening on " + (directory / "s") + "\n");
  own.gdb_command(*path);
  EXPECT_EQ(shown(), "target extended-remote " + (directory / "s") + "\n");
}

TEST_F(LinesTest, UnderOurOwnNameEventsAreToldOnlyToThoseWhoAsk) {
  own.launched(Pid{12}, "/bin/true");
  own.connected({"127.0.0.1", 4711});
  own.ended(Pid{12}, {});
  own.exiting();
  EXPECT_EQ(shown(), "");
  log.set_level(LogLevel::info);
  own.launched(Pid{12}, "/bin/true");
  own.ended(Pid{12}, {.signalled = true, .code = SIGKILL});
  EXPECT_THAT(shown(), HasSubstr("Process 12 killed by SIGKILL"));
}

TEST_F(LinesTest, ARefusedPeerIsAlwaysTold) {
  own.refused({"127.0.0.1", 1}, {Errc::not_permitted, 0, "the peer is user 7"});
  EXPECT_EQ(shown(), "Connection from 127.0.0.1, port 1 refused: the peer is user 7\n");
  own.refused({}, {Errc::not_permitted, 0, "the peer is user 7"});
  EXPECT_EQ(shown(), "Connection refused: the peer is user 7\n");
}

TEST(SignalName, HasTheHeadersNames) {
  EXPECT_EQ(signal_name(SIGKILL), "SIGKILL");
  EXPECT_EQ(signal_name(40), "SIG40");
}

}  // namespace
}  // namespace cotrace::server
