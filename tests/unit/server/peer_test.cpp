#include "server/peer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <utility>

#include "server/tcp_diag.h"
#include "unit/server/support.h"

namespace cotrace::server {
namespace {

SocketAddress address(const char* host, std::uint16_t port) {
  return resolve({.host = host, .port = port})->front();
}

// The server at 127.0.0.1:8080 (0x1F90), its client at port 40000 (0x9C40). The first line is the server's
// own end.
std::string table_v4(const std::string& uid, const std::string& inode) {
  return "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
         "   0: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     7        0 111 1 0 "
         "20 4\n"
         "   1: 0100007F:9C41 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     8        0 222 1 0 "
         "20 4\n"
         "   2: 0100007F:9C40 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  " +
         uid + "        0 " + inode + " 1 0 20 4 30 10 -1\n";
}

TEST(FindTcpPeerUid, TakesThePeersEndOfTheConnection) {
  EXPECT_EQ(
      find_tcp_peer_uid(table_v4("1000", "333"), address("127.0.0.1", 8080), address("127.0.0.1", 40000)),
      1000U);
}

TEST(FindTcpPeerUid, ASocketThatIsClosedAlreadyIsNotRoots) {
  // The kernel shows uid 0 and inode 0 for a socket without an owner.
  EXPECT_EQ(find_tcp_peer_uid(table_v4("0", "0"), address("127.0.0.1", 8080), address("127.0.0.1", 40000)),
            std::nullopt);
}

TEST(FindTcpPeerUid, AnotherConnectionSaysNothing) {
  EXPECT_EQ(
      find_tcp_peer_uid(table_v4("1000", "333"), address("127.0.0.1", 8080), address("127.0.0.1", 40002)),
      std::nullopt);
  EXPECT_EQ(find_tcp_peer_uid("", address("127.0.0.1", 8080), address("127.0.0.1", 40000)), std::nullopt);
  EXPECT_EQ(find_tcp_peer_uid("rubbish\n\n 1: 2", address("127.0.0.1", 8080), address("127.0.0.1", 40000)),
            std::nullopt);
}

TEST(FindTcpPeerUid, Ipv6AndIpv4ThroughAnIpv6Socket) {
  const std::string six =
      "  sl  local_address                         remote_address                        st ...\n"
      "   0: 00000000000000000000000001000000:9C40 00000000000000000000000001000000:1F90 01 "
      "00000000:00000000 00:00000000 00000000  1001        0 444 1 0\n"
      "   1: 0000000000000000FFFF00000100007F:9C40 0000000000000000FFFF00000100007F:1F90 01 "
      "00000000:00000000 00:00000000 00000000  1002        0 555 1 0\n";
  EXPECT_EQ(find_tcp_peer_uid(six, address("::1", 8080), address("::1", 40000)), 1001U);
  EXPECT_EQ(find_tcp_peer_uid(six, address("127.0.0.1", 8080), address("127.0.0.1", 40000)), 1002U);
}

TEST(MayConnect, TheSameUserAndRoot) {
  EXPECT_TRUE(may_connect(1000, 1000));
  EXPECT_TRUE(may_connect(0, 1000));
  EXPECT_FALSE(may_connect(1001, 1000));
  EXPECT_FALSE(may_connect(1000, 0));
  EXPECT_FALSE(may_connect(65534, 1000));
}

base::Fd accept_from(const ListeningSockets& sockets) {
  return base::Fd(::accept4(sockets.sockets().front().get(), nullptr, nullptr, SOCK_CLOEXEC));
}

TEST(CheckPeer, OurselvesOverLoopback) {
  auto sockets = ListeningSockets::bind(*resolve({.host = "127.0.0.1"}));
  ASSERT_TRUE(sockets.has_value() && sockets->listen().has_value());
  const auto client = testing::connect_to(address("127.0.0.1", sockets->port()));
  const auto accepted = accept_from(*sockets);
  ASSERT_TRUE(accepted.valid());
  EXPECT_TRUE(check_peer(accepted.get()).has_value());
}

TEST(CheckPeer, ALoopbackPeerThatHasGoneIsNobody) {
  auto sockets = ListeningSockets::bind(*resolve({.host = "127.0.0.1"}));
  ASSERT_TRUE(sockets.has_value() && sockets->listen().has_value());
  auto client = testing::connect_to(address("127.0.0.1", sockets->port()));
  const auto accepted = accept_from(*sockets);
  ASSERT_TRUE(accepted.valid());
  client.close();
  const auto checked = check_peer(accepted.get());
  ASSERT_FALSE(checked.has_value());
}

class TcpPeerUid : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

// At the server's address and at the client's: an IPv6 client may be connected to an IPv4 server.
TEST_P(TcpPeerUid, IsOursWhileThePeerIsThereAndNobodysAfterwards) {
  const auto [host, dialled] = GetParam();
  auto sockets = ListeningSockets::bind(*resolve({.host = host}));
  ASSERT_TRUE(sockets.has_value() && sockets->listen().has_value());
  auto client = testing::connect_to(address(dialled, sockets->port()));
  const auto accepted = accept_from(*sockets);
  ASSERT_TRUE(accepted.valid());
  const auto local = local_address(accepted.get());
  const auto remote = peer_address(accepted.get());
  ASSERT_TRUE(local.has_value() && remote.has_value());
  const auto uid = tcp_peer_uid(*local, *remote);
  ASSERT_TRUE(uid.has_value()) << uid.error().text;
  EXPECT_EQ(*uid, ::geteuid());
  client.close();
  const auto later = tcp_peer_uid(*local, *remote);
  ASSERT_TRUE(later.has_value()) << later.error().text;
  EXPECT_EQ(*later, std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Families, TcpPeerUid,
                         ::testing::Values(std::pair{"127.0.0.1", "127.0.0.1"}, std::pair{"::1", "::1"},
                                           std::pair{"127.0.0.1", "::ffff:127.0.0.1"}),
                         [](const auto& made) { return "Number" + std::to_string(made.index); });

TEST(CheckPeer, AListenerAtThePeersPortIsNotThePeer) {
  auto sockets = ListeningSockets::bind(*resolve({.host = "127.0.0.1"}));
  ASSERT_TRUE(sockets.has_value() && sockets->listen().has_value());
  const auto uid = tcp_peer_uid(address("127.0.0.1", 1), address("127.0.0.1", sockets->port()));
  ASSERT_TRUE(uid.has_value()) << uid.error().text;
  EXPECT_EQ(*uid, std::nullopt);
}

TEST(CheckPeer, OurselvesOverAUnixSocket) {
  const auto pair = testing::socket_pair();
  EXPECT_TRUE(check_peer(pair.ours.get()).has_value());
}

}  // namespace
}  // namespace cotrace::server
