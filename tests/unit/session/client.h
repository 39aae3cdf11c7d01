// The client's side of a conversation in memory.
#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rsp/framing.h"
#include "session/session.h"
#include "unit/rsp/run_length.h"
#include "unit/session/fake_target.h"

namespace cotrace::session::test {

// What the session has sent, cut at the frames: "$payload", "%payload", "+", "-", runs expanded. A wrong
// checksum fails the test.
inline std::vector<std::string> cut(std::string_view bytes) {
  std::vector<std::string> items;
  for (std::size_t at = 0; at < bytes.size();) {
    if (bytes[at] == '+' || bytes[at] == '-') {
      items.emplace_back(1, bytes[at++]);
      continue;
    }
    const auto end = bytes.find('#', at);
    if (end == std::string_view::npos || end + 2 >= bytes.size()) {
      ADD_FAILURE() << "no packet: " << bytes.substr(at);
      break;
    }
    unsigned sum = 0;
    for (const char c : bytes.substr(at + 1, end - at - 1)) sum += static_cast<unsigned char>(c);
    EXPECT_EQ(fmt::format("{:02x}", sum & 0xff), bytes.substr(end + 1, 2));
    items.push_back(rsp::test::expand(bytes.substr(at, end - at)));
    at = end + 3;
  }
  return items;
}

class Client : public Transport, public SessionOwner {
 public:
  explicit Client(FakeTarget& target, SessionOptions options = {})
      : session(std::make_unique<Session>(target, *this, *this, std::move(options))) {}

  void send(std::string_view bytes) override {
    ++sends;
    sent += bytes;
    if (on_send) on_send();
  }
  void on_finished() override {
    ++finished;
    if (on_end) on_end();
  }

  // Bytes as they are; what came back, cut.
  std::vector<std::string> raw(std::string_view bytes) {
    session->receive(bytes);
    return take();
  }
  std::vector<std::string> take() { return cut(std::exchange(sent, {})); }
  // One packet; its answer without the '$'. "(none)" if nothing was sent, "(several)" if more than one frame.
  std::string ask(std::string_view payload) {
    session->receive(rsp::frame(payload));
    return answer();
  }
  std::string answer() {
    const auto items = take();
    if (items.empty()) return "(none)";
    if (items.size() > 1) return "(several)";
    return items[0][0] == '$' ? items[0].substr(1) : items[0];
  }

  // As gdb begins: features and no acks.
  void start(std::string_view features =
                 "multiprocess+;swbreak+;hwbreak+;fork-events+;vfork-events+;exec-events+;"
                 "no-resumed+") {
    session->receive("+" + rsp::frame("qSupported:" + std::string(features)) + "+" +
                     rsp::frame("QStartNoAckMode") + "+");
    take();
  }

  std::string sent;
  int sends{0};
  int finished{0};
  std::function<void()> on_send;
  std::function<void()> on_end;
  std::unique_ptr<Session> session;
};

// One process 1 with threads 1 and 2, both stopped, and a client that has agreed to everything.
class SessionTest : public ::testing::Test {
 protected:
  SessionTest() {
    target.add(ref(1, 1));
    target.add(ref(1, 2));
    client.start();
    target.take_calls();
  }
  std::string ask(std::string_view payload) { return client.ask(payload); }

  FakeTarget target;
  Client client{target};
};

}  // namespace cotrace::session::test
