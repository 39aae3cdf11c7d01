#include "rsp/threads_json.h"

#include <gtest/gtest.h>

#include "rsp/escape.h"

namespace cotrace::rsp {
namespace {

using stop_reply::Stopped;

std::string json(const std::vector<Stopped>& stops) {
  return unescape(threads_json(stops));
}

TEST(ThreadsJson, TellsWhyEachStands) {
  Stopped hit{GdbSignal{5}, {Pid{1}, Tid{10}}, cause::None{}, std::nullopt, {{16, {std::byte{0xab}}, true}},
              "breakpoint"};
  hit.name = "a\"\\\n";
  const Stopped quiet{
      GdbSignal{0}, {Pid{1}, Tid{11}}, cause::None{}, std::nullopt, {{7, {std::byte{1}}, false}}};
  EXPECT_EQ(json({hit, quiet}),
            R"([{"tid":10,"name":"a\"\\\u000a","reason":"breakpoint","signal":5,"registers":{"16":"ab"}},)"
            R"({"tid":11,"registers":{}}])");
  EXPECT_EQ(json({}), "[]");
}

TEST(ThreadsJson, NumbersOfACauseAreDecimalWords) {
  EXPECT_EQ(
      json({Stopped{GdbSignal{5}, {Pid{1}, Tid{2}}, cause::Watch{cause::Access::write, Addr{0x20}}, {}, {}}}),
      R"([{"tid":2,"reason":"watchpoint","description":"32 4294967295 32","signal":5,"registers":{}}])");
  EXPECT_EQ(json({Stopped{GdbSignal{5}, {Pid{1}, Tid{2}}, cause::Fork{{Pid{30}, Tid{30}}}, {}, {}, "fork"}}),
            R"([{"tid":2,"reason":"fork","description":"30 30","signal":5,"registers":{}}])");
}

TEST(ThreadsJson, BracesAreEscapedOnTheWire) {
  const std::vector<Stopped> one{{GdbSignal{0}, {Pid{1}, Tid{2}}, cause::None{}, {}, {}}};
  EXPECT_EQ(threads_json(one), "[{\"tid\":2,\"registers\":{}]}]]");
}

}  // namespace
}  // namespace cotrace::rsp
