// Calls on sockets, and waiting for descriptors.
#include <arpa/inet.h>
#include <array>
#include <functional>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "unit/engines/syscall_log/fake_program.h"

namespace cotrace::engines::syscall_log::test {
namespace {

TEST_F(Decoding, SocketsByTheirFamily) {
  EXPECT_EQ(decode("socket", {AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP}, 3),
            "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 3");
  EXPECT_EQ(decode("socket", {AF_UNIX, SOCK_DGRAM, 0}, 3), "socket(AF_UNIX, SOCK_DGRAM, 0) = 3");
  EXPECT_EQ(decode("socket", {AF_NETLINK, SOCK_RAW, 0}, 3),
            "socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) = 3");
}

TEST_F(Decoding, AddressesOfSockets) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(80);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(
      decode("connect", {3, program.put_object(v4), sizeof v4}, 0),
      R"(connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0)");
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  EXPECT_EQ(
      decode("bind", {3, program.put_object(v6), sizeof v6}, 0),
      R"(bind(3, {sa_family=AF_INET6, sin6_port=htons(0), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::1", )"
      R"(&sin6_addr), sin6_scope_id=0}, 28) = 0)");
  sockaddr_un unix_address{.sun_family = AF_UNIX, .sun_path = "/run/x"};
  const auto at = program.put_object(unix_address);
  EXPECT_EQ(decode("connect", {3, at, 110}, 0),
            R"(connect(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 110) = 0)");
  program.overwrite(at + 2, "\0abc", 4);
  EXPECT_EQ(decode("bind", {3, at, 6}, 0), R"(bind(3, {sa_family=AF_UNIX, sun_path=@"abc"}, 6) = 0)");
}

TEST_F(Decoding, TheLengthOfAnAddressBeforeAndAfter) {
  const sockaddr_un peer{.sun_family = AF_UNIX, .sun_path = ""};
  const auto address = program.put_object(peer);
  const std::int32_t room = 110;
  const std::int32_t needed = 2;
  const auto length = program.put_object(room);
  EXPECT_EQ(
      decode("accept", {3, address, length}, 4, [&] { program.overwrite(length, &needed, sizeof needed); }),
      "accept(3, {sa_family=AF_UNIX}, [110 => 2]) = 4");
  EXPECT_EQ(decode("accept", {3, address, length}, -11),
            fmt::format("accept(3, {:#x}, [2]) = -1 EAGAIN (Resource temporarily unavailable)", address));
}

TEST_F(Decoding, Messages) {
  const auto data = program.put("hello");
  const iovec vector{reinterpret_cast<void*>(data), 5};
  msghdr message{};
  message.msg_iov = reinterpret_cast<iovec*>(program.put_object(vector));
  message.msg_iovlen = 1;
  EXPECT_EQ(
      decode("sendmsg", {3, program.put_object(message), MSG_NOSIGNAL}, 5),
      R"(sendmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="hello", iov_len=5}], msg_iovlen=1, )"
      R"(msg_controllen=0, msg_flags=0}, MSG_NOSIGNAL) = 5)");
  EXPECT_EQ(
      decode("recvmsg", {3, program.put_object(message), 0}, 2),
      R"(recvmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="he", iov_len=5}], msg_iovlen=1, )"
      R"(msg_controllen=0, msg_flags=0}, 0) = 2)");
}

TEST_F(Decoding, DescriptorsThatAreHandedOver) {
  std::array<std::byte, CMSG_SPACE(2 * sizeof(int))> control{};
  cmsghdr head{.cmsg_len = CMSG_LEN(2 * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
  const std::array<int, 2> descriptors{4, 5};
  std::memcpy(control.data(), &head, sizeof head);
  std::memcpy(control.data() + sizeof head, descriptors.data(), sizeof descriptors);
  msghdr message{};
  message.msg_control = reinterpret_cast<void*>(program.put_object(control));
  message.msg_controllen = control.size();
  EXPECT_EQ(
      decode("sendmsg", {3, program.put_object(message), 0}, 0),
      "sendmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=NULL, msg_iovlen=0, msg_control=[{cmsg_len=24, "
      "cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[4, 5]}], msg_controllen=24, msg_flags=0}, 0) "
      "= 0");
}

TEST_F(Decoding, OptionsOfSockets) {
  const std::int32_t one = 1;
  EXPECT_EQ(decode("setsockopt", {3, SOL_SOCKET, SO_REUSEADDR, program.put_object(one), 4}, 0),
            "setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0");
  const struct linger wait{1, 2};
  EXPECT_EQ(decode("setsockopt", {3, SOL_SOCKET, SO_LINGER, program.put_object(wait), 8}, 0),
            "setsockopt(3, SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=2}, 8) = 0");
}

TEST_F(Decoding, PollTellsWhatHasHappenedBehindItsResult) {
  std::array<pollfd, 2> polled{{{0, POLLIN, 0}, {5, POLLOUT | POLLERR, 0}}};
  const auto at = program.put_object(polled);
  const auto happens = [&] {
    polled[1].revents = POLLOUT;
    program.overwrite(at, polled.data(), sizeof polled);
  };
  EXPECT_EQ(
      decode("poll", {at, 2, ~0ULL}, 1, happens),
      "poll([{fd=0, events=POLLIN}, {fd=5, events=POLLOUT|POLLERR}], 2, -1) = 1 ([{fd=5, revents=POLLOUT}])");
  EXPECT_EQ(decode("poll", {0, 0, 10}, 0), "poll(NULL, 0, 10) = 0 (Timeout)");
}

TEST_F(Decoding, SelectShowsItsSetsAndTheTimeLeft) {
  std::uint64_t set = 1 << 0 | 1 << 5;
  const timeval time{1, 0};
  const auto in = program.put_object(set);
  const auto limit = program.put_object(time);
  const auto happens = [&] {
    set = 1 << 5;
    program.overwrite(in, &set, sizeof set);
  };
  EXPECT_EQ(decode("select", {6, in, 0, 0, limit}, 1, happens),
            "select(6, [0 5], NULL, NULL, {tv_sec=1, tv_usec=0}) = 1 (in [5], left {tv_sec=1, tv_usec=0})");
}

TEST_F(Decoding, EpollEvents) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = 7;
  const auto at = program.put_object(event);
  EXPECT_EQ(decode("epoll_ctl", {3, EPOLL_CTL_ADD, 4, at}, 0),
            "epoll_ctl(3, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLET, data={u32=7, u64=7}}) = 0");
  EXPECT_EQ(decode("epoll_wait", {3, at, 10, 0}, 1),
            "epoll_wait(3, [{events=EPOLLIN|EPOLLET, data={u32=7, u64=7}}], 10, 0) = 1");
  EXPECT_EQ(decode("epoll_wait", {3, at, 10, 0}, 0), "epoll_wait(3, [], 10, 0) = 0");
}

}  // namespace
}  // namespace cotrace::engines::syscall_log::test
