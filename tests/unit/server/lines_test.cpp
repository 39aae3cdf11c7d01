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
  std::string shown() { return testing::read_now(pipe_.ours.get()); }
  std::unique_ptr<base::Reactor> reactor_ = testing::make_reactor();
  testing::SocketPair pipe_ = testing::pipe_pair();
  Notices notices_{*reactor_, pipe_.theirs.get()};
  Log log_{notices_};
  Lines gdbserver_{notices_, log_, Manner::gdbserver};
  Lines own_{notices_, log_, Manner::own};
};

TEST_F(LinesTest, GdbserversOwnWords) {
  gdbserver_.launched(Pid{12}, "/bin/true");
  gdbserver_.attached(Pid{13});
  gdbserver_.connected({"127.0.0.1", 4711});
  gdbserver_.streaming("stdio");
  gdbserver_.detaching(Pid{12});
  gdbserver_.killing(Pid{13});
  gdbserver_.reopening();
  gdbserver_.exiting();
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
  gdbserver_.ended(Pid{1}, {.code = 3});
  EXPECT_EQ(shown(), "\nChild exited with status 3\n");
  gdbserver_.ended(Pid{1}, {.signalled = true, .code = SIGSEGV});
  EXPECT_EQ(shown(), "\nChild terminated with signal = 0xb (SIGSEGV)\n");
}

TEST_F(LinesTest, AProgramThatCannotBeLaunched) {
  const Error missing{Errc::not_found, ENOENT, "Cannot exec nothing"};
  gdbserver_.exec_failed(missing);
  gdbserver_.cannot_launch(missing);
  EXPECT_EQ(shown(),
            "gdbserver: Cannot exec nothing\n"
            "gdbserver: Error: No such file or directory\n"
            "During startup program exited with code 127.\n"
            "Exiting\n");
  gdbserver_.cannot_launch({Errc::system, 0, "During startup program exited with code 127."});
  EXPECT_EQ(shown(), "During startup program exited with code 127.\nExiting\n");
  own_.cannot_launch({Errc::not_found, ENOENT, "Cannot exec nothing"});
  EXPECT_EQ(shown(), "cotrace: Cannot exec nothing: No such file or directory\n");
}

TEST_F(LinesTest, AnAttachThatIsRefused) {
  gdbserver_.cannot_attach(Pid{1}, {Errc::not_permitted, EPERM, "another user"});
  EXPECT_EQ(shown(), "Cannot attach to process 1: another user\nExiting\n");
  own_.cannot_attach(Pid{1}, {Errc::not_permitted, EPERM, "another user"});
  EXPECT_EQ(shown(), "cotrace: Cannot attach to process 1: another user\n");
}

TEST_F(LinesTest, WhereItListens) {
  auto port = ListeningSockets::bind(*resolve({.host = "127.0.0.1"}));
  ASSERT_TRUE(port.has_value());
  gdbserver_.listening(*port);
  EXPECT_EQ(shown(), "Listening on port " + std::to_string(port->port()) + "\n");
  own_.gdb_command(*port);
  EXPECT_EQ(shown(), "target extended-remote localhost:" + std::to_string(port->port()) + "\n");
  const testing::TemporaryDirectory directory;
  auto path = ListeningSockets::bind(UnixAddress{directory / "s"});
  ASSERT_TRUE(path.has_value());
  gdbserver_.listening(*path);
  EXPECT_EQ(shown(), "Listening on " + (directory / "s") + "\n");
  own_.gdb_command(*path);
  EXPECT_EQ(shown(), "target extended-remote " + (directory / "s") + "\n");
}

TEST_F(LinesTest, UnderOurOwnNameEventsAreToldOnlyToThoseWhoAsk) {
  own_.launched(Pid{12}, "/bin/true");
  own_.connected({"127.0.0.1", 4711});
  own_.ended(Pid{12}, {});
  own_.exiting();
  EXPECT_EQ(shown(), "");
  log_.set_level(LogLevel::info);
  own_.launched(Pid{12}, "/bin/true");
  own_.ended(Pid{12}, {.signalled = true, .code = SIGKILL});
  EXPECT_THAT(shown(), HasSubstr("Process 12 killed by SIGKILL"));
}

TEST_F(LinesTest, ARefusedPeerIsAlwaysTold) {
  own_.refused({"127.0.0.1", 1}, {Errc::not_permitted, 0, "the peer is user 7"});
  EXPECT_EQ(shown(), "Connection from 127.0.0.1, port 1 refused: the peer is user 7\n");
  own_.refused({}, {Errc::not_permitted, 0, "the peer is user 7"});
  EXPECT_EQ(shown(), "Connection refused: the peer is user 7\n");
}

TEST(SignalName, HasTheHeadersNames) {
  EXPECT_EQ(signal_name(SIGKILL), "SIGKILL");
  EXPECT_EQ(signal_name(40), "SIG40");
}

}  // namespace
}  // namespace cotrace::server
