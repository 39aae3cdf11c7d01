#include "server/address.h"

#include <gtest/gtest.h>
#include <string>

namespace cotrace::server {
namespace {

TcpAddress tcp(std::string_view text) {
  const auto address = parse_address(text);
  EXPECT_TRUE(address.has_value()) << text;
  if (!address || !std::holds_alternative<TcpAddress>(*address)) {
    ADD_FAILURE() << text << " is no TCP address";
    return {};
  }
  return std::get<TcpAddress>(*address);
}

std::string refusal(std::string_view text) {
  const auto address = parse_address(text);
  EXPECT_FALSE(address.has_value()) << text;
  if (address) return {};
  EXPECT_EQ(address.error().code, Errc::invalid);
  return address.error().text;
}

TEST(Address, SplitsHostAndPortAtTheLastColon) {
  EXPECT_EQ(tcp("localhost:2345"), (TcpAddress{TcpAddress::Family::any, "localhost", 2345}));
  EXPECT_EQ(tcp(":2345"), (TcpAddress{TcpAddress::Family::any, "", 2345}));
  EXPECT_EQ(tcp("*:0"), (TcpAddress{TcpAddress::Family::any, "*", 0}));
  // gdb's test suite writes IPv6 addresses without brackets.
  EXPECT_EQ(tcp("::1:2350"), (TcpAddress{TcpAddress::Family::any, "::1", 2350}));
}

TEST(Address, BracketsMeanIpv6) {
  EXPECT_EQ(tcp("[::1]:2350"), (TcpAddress{TcpAddress::Family::v6, "::1", 2350}));
  EXPECT_EQ(tcp("tcp:[fe80::1]:65535"), (TcpAddress{TcpAddress::Family::v6, "fe80::1", 65535}));
}

TEST(Address, PrefixesChooseTheFamily) {
  EXPECT_EQ(tcp("tcp:host:1").family, TcpAddress::Family::any);
  EXPECT_EQ(tcp("tcp4:localhost:1").family, TcpAddress::Family::v4);
  EXPECT_EQ(tcp("tcp6:localhost:1").family, TcpAddress::Family::v6);
}

TEST(Address, StdioDeviceAndUnixSocket) {
  EXPECT_EQ(parse_address("-"), Address(StdioAddress{}));
  EXPECT_EQ(parse_address("stdio"), Address(StdioAddress{}));
  EXPECT_EQ(parse_address("/dev/ttyS0"), Address(DeviceAddress{"/dev/ttyS0"}));
  EXPECT_EQ(parse_address("unix:/run/a:b.sock"), Address(UnixAddress{"/run/a:b.sock"}));
}

TEST(Address, RefusalsSayWhatIsWrong) {
  EXPECT_NE(refusal("localhost").find("HOST:PORT"), std::string::npos);
  EXPECT_NE(refusal("localhost:").find("port"), std::string::npos);
  EXPECT_NE(refusal("localhost:abc").find("port"), std::string::npos);
  EXPECT_NE(refusal("localhost:65536").find("65535"), std::string::npos);
  EXPECT_NE(refusal("localhost:-1").find("port"), std::string::npos);
  EXPECT_NE(refusal("localhost: 1").find("port"), std::string::npos);
  EXPECT_NE(refusal("tcp:2345").find("HOST:PORT"), std::string::npos);
  EXPECT_NE(refusal("[::1:2345").find("[ADDRESS]:PORT"), std::string::npos);
  EXPECT_NE(refusal("/tmp/socket").find("unix:/tmp/socket"), std::string::npos);
  EXPECT_NE(refusal("").find("HOST:PORT"), std::string::npos);
  EXPECT_NE(refusal("unix:").find("107"), std::string::npos);
}

TEST(Address, UnixPathsThatDoNotFitAreRefused) {
  EXPECT_TRUE(parse_address("unix:" + std::string(107, 'x')).has_value());
  EXPECT_FALSE(parse_address("unix:" + std::string(108, 'x')).has_value());
}

TEST(Address, IsReadBackAsItWasPrinted) {
  for (const char* text : {"localhost:1", ":0", "*:7", "tcp4:host:1", "tcp6:host:1", "[::1]:9", "unix:/a/b",
                           "stdio", "/dev/pts/3"}) {
    const auto address = parse_address(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(parse_address(to_string(*address)), address) << text;
  }
}

}  // namespace
}  // namespace cotrace::server
