#include "server/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#include "unit/server/support.h"

namespace cotrace::server {
namespace {

using testing::connect_to;
using testing::make_reactor;
using testing::run_ready;
using testing::run_until;

struct Owner : ListenerOwner {
  std::vector<base::Fd> sockets;
  std::vector<PeerName> peers;
  int refused{0};
  void on_connection(base::Fd socket, const PeerName& peer) override {
    sockets.push_back(std::move(socket));
    peers.push_back(peer);
  }
  void on_refused(const PeerName&, const Error&) override { ++refused; }
};

class ListenerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto bound = ListeningSockets::bind(*resolve({.host = "127.0.0.1"}));
    ASSERT_TRUE(bound.has_value());
    address = resolve({.host = "127.0.0.1", .port = bound->port()})->front();
    listener.emplace(*reactor, std::move(*bound), owner);
    ASSERT_TRUE(listener->start().has_value());
  }
  std::unique_ptr<base::Reactor> reactor = make_reactor();
  Owner owner;
  SocketAddress address;
  std::optional<Listener> listener;
};

TEST_F(ListenerTest, AcceptsOurselves) {
  const auto client = connect_to(address);
  ASSERT_TRUE(run_until(*reactor, [&] { return owner.sockets.size() == 1; }));
  EXPECT_EQ(owner.peers.front().host, "127.0.0.1");
  EXPECT_EQ(owner.peers.front().port, name_of(*local_address(client.get())).port);
  const int socket = owner.sockets.front().get();
  int on = 0;
  socklen_t length = sizeof on;
  ASSERT_EQ(::getsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, &length), 0);
  EXPECT_NE(on, 0);
  EXPECT_NE(::fcntl(socket, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(socket, F_GETFD) & FD_CLOEXEC, 0) << "the debugged program would inherit the connection";
}

TEST_F(ListenerTest, WhoComesDuringAPauseWaits) {
  listener->pause();
  const auto client = connect_to(address);
  ASSERT_TRUE(client.valid());
  run_ready(*reactor);
  EXPECT_TRUE(owner.sockets.empty());
  listener->resume();
  EXPECT_TRUE(run_until(*reactor, [&] { return owner.sockets.size() == 1; }));
}

TEST_F(ListenerTest, NobodyComesInAfterClose) {
  listener->close();
  EXPECT_FALSE(connect_to(address).valid());
}

TEST_F(ListenerTest, AClientThatHasGoneBeforeItsTurnIsNobody) {
  connect_to(address).close();
  ASSERT_TRUE(
      run_until(*reactor, [&] { return owner.refused + static_cast<int>(owner.sockets.size()) == 1; }));
  EXPECT_EQ(owner.refused, 1);
}

TEST_F(ListenerTest, WithoutDescriptorsItComplainsAndRecovers) {
  const auto client = connect_to(address);
  rlimit former{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &former), 0);
  // The limit is on the number of the next descriptor, and all below one that is open may be taken.
  rlimit none = former;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const bool told = run_until(*reactor, [&] { return owner.refused == 1; });
  run_ready(*reactor);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &former), 0);
  ASSERT_TRUE(told);
  EXPECT_EQ(owner.refused, 1) << "it must not spin";
  EXPECT_TRUE(run_until(*reactor, [&] { return owner.sockets.size() == 1; }));
}

}  // namespace
}  // namespace cotrace::server
