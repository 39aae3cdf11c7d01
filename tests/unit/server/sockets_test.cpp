#include "server/sockets.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include "unit/server/support.h"

namespace cotrace::server {
namespace {

using testing::connect_to;
using testing::connect_to_path;
using ::testing::ElementsAre;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

std::vector<std::string> hosts(const TcpAddress& address) {
  const auto resolved = resolve(address);
  EXPECT_TRUE(resolved.has_value());
  std::vector<std::string> names;
  for (const auto& one : resolved.value_or(std::vector<SocketAddress>{})) names.push_back(name_of(one).host);
  return names;
}

ListeningSockets listening(const TcpAddress& address) {
  auto sockets = ListeningSockets::bind(*resolve(address));
  EXPECT_TRUE(sockets.has_value());
  EXPECT_TRUE(sockets->listen().has_value());
  return std::move(*sockets);
}

TEST(Resolve, NoHostAndLocalhostAreBothLoopbackAddresses) {
  EXPECT_THAT(hosts({.host = "", .port = 1}), ElementsAre("::1", "127.0.0.1"));
  EXPECT_THAT(hosts({.host = "localhost", .port = 1}), ElementsAre("::1", "127.0.0.1"));
  EXPECT_THAT(hosts({.family = TcpAddress::Family::v4, .host = "localhost"}), ElementsAre("127.0.0.1"));
  EXPECT_THAT(hosts({.family = TcpAddress::Family::v6, .host = "localhost"}), ElementsAre("::1"));
}

TEST(Resolve, AStarIsEveryInterfaceAndANumberIsItself) {
  EXPECT_THAT(hosts({.host = "*"}), UnorderedElementsAre("::", "0.0.0.0"));
  EXPECT_THAT(hosts({.host = "127.0.0.2"}), ElementsAre("127.0.0.2"));
  EXPECT_THAT(hosts({.host = "::1"}), ElementsAre("::1"));
}

TEST(Resolve, AnUnknownHostIsSaidAsGdbserverSaysIt) {
  // RFC 2606: .invalid never resolves.
  const auto resolved = resolve({.host = "nobody.invalid", .port = 2345});
  ASSERT_FALSE(resolved.has_value());
  EXPECT_THAT(resolved.error().text, StartsWith("nobody.invalid:2345: cannot resolve name: "));
}

TEST(ListeningSockets, ANamedHostIsTheOnlyAddressListenedOn) {
  const auto sockets = listening({.host = "127.0.0.1"});
  ASSERT_NE(sockets.port(), 0);
  const auto at = [&](const char* host) { return resolve({.host = host, .port = sockets.port()})->front(); };
  EXPECT_TRUE(connect_to(at("127.0.0.1")).valid());
  EXPECT_FALSE(connect_to(at("127.0.0.2")).valid());
}

TEST(ListeningSockets, LocalhostHasOnePortInBothFamilies) {
  const auto sockets = listening({.host = "localhost"});
  const auto addresses = resolve({.host = "localhost", .port = sockets.port()});
  for (const auto& address : *addresses) {
    if (connect_to(address).valid()) continue;
    // A machine without IPv6 has one of the two only.
    EXPECT_EQ(address.storage.ss_family, AF_INET6);
    EXPECT_FALSE(std::filesystem::exists("/proc/net/if_inet6") &&
                 std::filesystem::file_size("/proc/net/if_inet6") != 0);
  }
}

TEST(ListeningSockets, NobodyConnectsBeforeListen) {
  auto sockets = ListeningSockets::bind(*resolve({.host = "127.0.0.1"}));
  ASSERT_TRUE(sockets.has_value());
  const auto address = resolve({.host = "127.0.0.1", .port = sockets->port()})->front();
  EXPECT_FALSE(connect_to(address).valid());
  ASSERT_TRUE(sockets->listen().has_value());
  EXPECT_TRUE(connect_to(address).valid());
}

TEST(ListeningSockets, ATakenPortIsSaidAsGdbserverSaysIt) {
  const auto first = listening({.host = "127.0.0.1"});
  const auto second = ListeningSockets::bind(*resolve({.host = "127.0.0.1", .port = first.port()}));
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().text, "Can't bind address: Address already in use.");
}

TEST(ListeningSockets, ATakenPortInOneFamilyIsTaken) {
  const auto first = listening({.host = "127.0.0.1"});
  const auto second = ListeningSockets::bind(*resolve({.host = "localhost", .port = first.port()}));
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().sys_errno, EADDRINUSE);
}

TEST(UnixSocket, IsTheUsersAloneAndRemovedAtTheEnd) {
  const testing::TemporaryDirectory directory;
  const auto path = directory / "s";
  {
    auto sockets = ListeningSockets::bind(UnixAddress{path});
    ASSERT_TRUE(sockets.has_value());
    EXPECT_EQ(sockets->path(), path);
    struct stat file{};
    ASSERT_EQ(::stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0077, 0U);
    ASSERT_TRUE(sockets->listen().has_value());
    EXPECT_TRUE(connect_to_path(path).valid());
    const ListeningSockets moved = std::move(*sockets);
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(UnixSocket, ADeadServersFileIsReplaced) {
  const testing::TemporaryDirectory directory;
  const auto path = directory / "s";
  {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const base::Fd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ASSERT_TRUE(std::filesystem::exists(path));
  EXPECT_TRUE(ListeningSockets::bind(UnixAddress{path}).has_value());
}

TEST(UnixSocket, ALivingServersFileIsNot) {
  const testing::TemporaryDirectory directory;
  const auto path = directory / "s";
  auto first = ListeningSockets::bind(UnixAddress{path});
  ASSERT_TRUE(first.has_value() && first->listen().has_value());
  const auto second = ListeningSockets::bind(UnixAddress{path});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().sys_errno, EADDRINUSE);
  EXPECT_TRUE(connect_to_path(path).valid());
}

TEST(UnixSocket, AnotherFileOfThatNameIsLeftAlone) {
  const testing::TemporaryDirectory directory;
  const auto path = directory / "s";
  std::ofstream(path) << "precious";
  EXPECT_FALSE(ListeningSockets::bind(UnixAddress{path}).has_value());
  EXPECT_EQ(std::filesystem::file_size(path), 8U);
  // Nor is one removed that took the place of ours.
  const auto other = directory / "t";
  {
    auto sockets = ListeningSockets::bind(UnixAddress{other});
    ASSERT_TRUE(sockets.has_value());
    std::filesystem::remove(other);
    std::ofstream(other) << "precious";
  }
  EXPECT_TRUE(std::filesystem::exists(other));
}

}  // namespace
}  // namespace cotrace::server
