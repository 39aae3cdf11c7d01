#include "server/connection.h"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "unit/server/support.h"

namespace cotrace::server {
namespace {

using testing::make_reactor;
using testing::read_now;
using testing::run_ready;
using testing::run_until;

struct Owner : ConnectionOwner {
  std::string received;
  int closed{0};
  std::function<void(std::string_view)> on;
  void on_bytes(std::string_view bytes) override {
    received += bytes;
    if (on) on(bytes);
  }
  void on_closed() override { ++closed; }
};

class ConnectionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = Connection::open(*reactor, std::move(pair.ours), owner);
    ASSERT_TRUE(opened.has_value());
    connection = std::move(*opened);
  }
  void say(std::string_view text) {
    ASSERT_EQ(::write(pair.theirs.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  std::unique_ptr<base::Reactor> reactor = make_reactor();
  testing::SocketPair pair = testing::socket_pair();
  Owner owner;
  std::unique_ptr<Connection> connection;
};

TEST_F(ConnectionTest, HandsOnWhatComes) {
  say("$?#3f");
  run_ready(*reactor);
  EXPECT_EQ(owner.received, "$?#3f");
}

TEST_F(ConnectionTest, AnswersToOneReadAreOneWrite) {
  owner.on = [this](std::string_view) {
    connection->send("+");
    connection->send("$OK#9a");
    int queued = -1;
    ::ioctl(pair.theirs.get(), FIONREAD, &queued);
    EXPECT_EQ(queued, 0);
  };
  say("$!#21");
  run_ready(*reactor);
  EXPECT_EQ(read_now(pair.theirs.get()), "+$OK#9a");
}

TEST_F(ConnectionTest, OutputOutsideOfAReadGoesAtOnce) {
  connection->send("%Stop:T05#00");
  EXPECT_EQ(read_now(pair.theirs.get()), "%Stop:T05#00");
}

TEST_F(ConnectionTest, WhatTheKernelDoesNotTakeIsKeptInOrder) {
  std::string all;
  for (int i = 0; all.size() < 4'000'000; ++i) all += std::to_string(i) + ",";
  connection->send(all);
  std::string got;
  ASSERT_TRUE(run_until(*reactor, [&] {
    got += read_now(pair.theirs.get());
    return got.size() >= all.size();
  }));
  EXPECT_TRUE(got == all);
}

TEST_F(ConnectionTest, AClientThatDoesNotReadIsNotListenedTo) {
  connection->send(std::string(4'000'000, 'x'));
  say("more");
  run_ready(*reactor);
  EXPECT_EQ(owner.received, "");
  std::size_t got = 0;
  EXPECT_TRUE(run_until(*reactor, [&] {
    got += read_now(pair.theirs.get()).size();
    return owner.received == "more";
  }));
}

TEST_F(ConnectionTest, WhatIsLargerThanTheBufferComesWhole) {
  std::string all;
  for (int i = 0; all.size() < 150'000; ++i) all += std::to_string(i) + ",";
  const int room = 1'000'000;
  ASSERT_EQ(::setsockopt(pair.theirs.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room), 0);
  say(all);
  ASSERT_TRUE(run_until(*reactor, [&] { return owner.received.size() >= all.size(); }));
  EXPECT_TRUE(owner.received == all);
}

TEST_F(ConnectionTest, WhatIsLargerThanTheBufferComesWholeBeforeTheEnd) {
  const std::string all(150'000, 'y');
  const int room = 1'000'000;
  ASSERT_EQ(::setsockopt(pair.theirs.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room), 0);
  say(all);
  pair.theirs.close();
  ASSERT_TRUE(run_until(*reactor, [&] { return owner.closed != 0; }));
  EXPECT_EQ(owner.received.size(), all.size());
}

TEST_F(ConnectionTest, AClientThatAsksAgainAtOnceIsAnsweredInTheSameTurn) {
  int asked = 1;
  owner.on = [&](std::string_view) {
    connection->send("OK");
    if (asked++ < 3) say("m");
  };
  say("m");
  ASSERT_TRUE(reactor->run_once(std::chrono::milliseconds(0)));
  EXPECT_EQ(owner.received, "mmm");
}

TEST_F(ConnectionTest, AClientThatAsksWithoutEndLeavesTheOthersTheirTurn) {
  auto other_pair = testing::socket_pair();
  Owner other;
  auto other_connection = Connection::open(*reactor, std::move(other_pair.ours), other);
  ASSERT_TRUE(other_connection.has_value());
  owner.on = [&](std::string_view) { say("m"); };
  say("m");
  ASSERT_EQ(::write(other_pair.theirs.get(), "x", 1), 1);
  ASSERT_TRUE(run_until(*reactor, [&] { return !other.received.empty(); }));
  const auto before = owner.received.size();
  ASSERT_TRUE(run_until(*reactor, [&] { return owner.received.size() > before + 1000; }));
  EXPECT_EQ(owner.received, std::string(owner.received.size(), 'm'));
}

TEST_F(ConnectionTest, ThePeersEndIsReportedOnce) {
  say("x");
  pair.theirs.close();
  ASSERT_TRUE(run_until(*reactor, [&] { return owner.closed != 0; }));
  EXPECT_EQ(owner.received, "x");
  connection->send("to nobody");
  run_ready(*reactor);
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, WritingToAPeerThatHasGoneIsTheEndAndNoSignal) {
  pair.theirs.close();
  ::signal(SIGPIPE, SIG_IGN);  // as prepare_signals() does
  connection->send("x");
  EXPECT_EQ(owner.closed, 0) << "never from within send()";
  ASSERT_TRUE(run_until(*reactor, [&] { return owner.closed != 0; }));
}

TEST_F(ConnectionTest, CloseWhenSentSendsFirst) {
  const std::string last(3'000'000, 'z');
  connection->send(last);
  connection->close_when_sent();
  say("not heard");
  run_ready(*reactor);
  EXPECT_EQ(owner.closed, 0);
  std::string got;
  ASSERT_TRUE(run_until(*reactor, [&] {
    got += read_now(pair.theirs.get());
    return owner.closed == 1;
  }));
  got += read_now(pair.theirs.get());
  EXPECT_EQ(got.size(), last.size());
  EXPECT_EQ(owner.received, "");
}

TEST_F(ConnectionTest, CloseWhenSentFromWithinARead) {
  owner.on = [this](std::string_view) {
    connection->send("bye");
    connection->close_when_sent();
  };
  say("$k#6b");
  ASSERT_TRUE(run_until(*reactor, [&] { return owner.closed == 1; }));
  EXPECT_EQ(read_now(pair.theirs.get()), "bye");
}

TEST_F(ConnectionTest, CloseWhenSentDoesNotWaitForAPeerThatHasGone) {
  // As the server does at its start.
  ::signal(SIGPIPE, SIG_IGN);
  connection->send(std::string(3'000'000, 'z'));
  connection->close_when_sent();
  pair.theirs.close();
  EXPECT_TRUE(run_until(*reactor, [&] { return owner.closed == 1; }));
}

TEST(ConnectionPair, ReadsFromOneAndWritesToAnother) {
  const auto reactor = make_reactor();
  auto input = testing::pipe_pair();
  auto output = testing::pipe_pair();
  const int shared_input = ::dup(input.ours.get());
  Owner owner;
  {
    auto opened = Connection::open(*reactor, std::move(input.ours), std::move(output.theirs), owner);
    ASSERT_TRUE(opened.has_value());
    owner.on = [&](std::string_view) { (*opened)->send("pong"); };
    ASSERT_EQ(::write(input.theirs.get(), "ping", 4), 4);
    run_ready(*reactor);
    EXPECT_EQ(read_now(output.ours.get()), "pong");
    EXPECT_NE(::fcntl(shared_input, F_GETFL) & O_NONBLOCK, 0);
    // More than a pipe holds.
    const std::string big(1'000'000, 'b');
    (*opened)->send(big);
    std::size_t got = 0;
    ASSERT_TRUE(run_until(*reactor, [&] {
      got += read_now(output.ours.get()).size();
      return got == big.size();
    }));
  }
  // Whoever shares the pipe finds it as it was.
  EXPECT_EQ(::fcntl(shared_input, F_GETFL) & O_NONBLOCK, 0);
  ::close(shared_input);
}

TEST(ConnectionPair, APlainFileIsReadToItsEnd) {
  const testing::TemporaryDirectory directory;
  const auto path = directory / "packets";
  const std::string text(200'000, 'p');
  std::ofstream(path) << text;
  const auto reactor = make_reactor();
  auto output = testing::pipe_pair();
  Owner owner;
  const auto opened =
      Connection::open(*reactor, base::Fd(::open(path.c_str(), O_RDONLY)), std::move(output.theirs), owner);
  ASSERT_TRUE(opened.has_value());
  ASSERT_TRUE(run_until(*reactor, [&] { return owner.closed == 1; }));
  EXPECT_TRUE(owner.received == text);
}

TEST(OpenDevice, SaysWhatIsNoTerminal) {
  const auto null = open_device("/dev/null");
  ASSERT_FALSE(null.has_value());
  EXPECT_NE(null.error().text.find("not a terminal"), std::string::npos);
  const auto missing = open_device("/dev/no-such-terminal");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, Errc::not_found);
}

TEST(OpenDevice, ATerminalCarriesBytesAsTheyAre) {
  const base::Fd master(::posix_openpt(O_RDWR | O_NOCTTY));
  ASSERT_TRUE(master.valid());
  ASSERT_EQ(::grantpt(master.get()), 0);
  ASSERT_EQ(::unlockpt(master.get()), 0);
  const auto device = open_device(::ptsname(master.get()));
  ASSERT_TRUE(device.has_value()) << device.error().text;
  const std::string bytes("\x03\r\n\x11}", 5);
  ASSERT_EQ(::write(device->get(), bytes.data(), bytes.size()), 5);
  EXPECT_EQ(read_now(master.get()), bytes);
}

}  // namespace
}  // namespace cotrace::server
