// The client side of the remote serial protocol, as small and fast as it can be: its cost is the same for
// every server.
#pragma once

#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {

[[noreturn]] inline void fail(const std::string& what) {
  std::fprintf(stderr, "bench: %s\n", what.c_str());
  std::exit(1);
}

// One connection on loopback. Acks are on until start(). Notifications are kept in `notice`.
class RspClient {
 public:
  explicit RspClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("no connection");
    int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~RspClient() { close(socket_); }
  RspClient(const RspClient&) = delete;
  RspClient& operator=(const RspClient&) = delete;

  void send(std::string_view payload) {
    unsigned sum = 0;
    for (char letter : payload) sum += static_cast<unsigned char>(letter);
    char tail[4];
    std::snprintf(tail, sizeof tail, "#%02x", sum & 0xff);
    frame_.assign("$");
    frame_.append(payload).append(tail);
    if (write(socket_, frame_.data(), frame_.size()) != static_cast<ssize_t>(frame_.size())) fail("write");
  }

  // The payload of the next packet, run lengths expanded (a thread id may have one); valid until the next
  // call.
  std::string_view receive() {
    for (;;) {
      while (position_ < data_.size() && data_[position_] == '+') ++position_;
      const std::size_t end = data_.find('#', position_);
      if (end == std::string::npos || end + 2 >= data_.size()) {
        fill();
        continue;
      }
      const char kind = data_[position_];
      expand(std::string_view(data_).substr(position_ + 1, end - position_ - 1));
      position_ = end + 3;
      if (kind == '%') {
        notice = payload_;
        continue;
      }
      if (acks_ && write(socket_, "+", 1) != 1) fail("write");
      return payload_;
    }
  }

  // The next %Stop; a packet must not come before it.
  const std::string& receive_notice() {
    while (notice.empty()) {
      const std::size_t end = data_.find('#', position_);
      if (end == std::string::npos || end + 2 >= data_.size()) {
        fill();
        continue;
      }
      notice.assign(data_, position_ + 1, end - position_ - 1);
      position_ = end + 3;
    }
    return notice;
  }

  std::string_view ask(std::string_view payload) {
    send(payload);
    return receive();
  }

  void expect_ok(std::string_view payload) {
    if (ask(payload) != "OK") fail(std::string(payload) + " is answered with " + payload_);
  }

  // The first words. lldb-server 19 loses the first feature of the list, so that one is a dummy.
  void start(std::string_view features) {
    ask("qSupported:xmlRegisters=i386;" + std::string(features));
    expect_ok("QStartNoAckMode");
    acks_ = false;
  }

  std::string notice;

 private:
  // "0*" and a byte n: the 0, and n - 29 times more. Nothing that is asked for here comes with escapes.
  void expand(std::string_view raw) {
    payload_.clear();
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] == '*' && i + 1 < raw.size() && !payload_.empty()) {
        payload_.append(static_cast<std::size_t>(raw[++i] - 29), payload_.back());
      } else {
        payload_ += raw[i];
      }
    }
  }

  void fill() {
    if (position_ > 0) {
      data_.erase(0, position_);
      position_ = 0;
    }
    char piece[65536];
    const ssize_t got = read(socket_, piece, sizeof piece);
    if (got <= 0) fail("the server has closed the connection");
    data_.append(piece, static_cast<std::size_t>(got));
  }

  int socket_;
  bool acks_ = true;
  std::string frame_;
  std::string data_;
  std::size_t position_ = 0;
  std::string payload_;
};

}  // namespace bench
