#include "rsp/stop_reply.h"

#include <gtest/gtest.h>

namespace cotrace::rsp {
namespace {

constexpr ThreadName parent{Pid{0x10}, Tid{0x11}};
constexpr ThreadName child{Pid{0x20}, Tid{0x20}};

stop_reply::Stopped stopped(StopCause cause) {
  return {gdb_signal::trap, parent, std::move(cause), std::nullopt, {}};
}

TEST(StopReply, ASignalAlone) {
  EXPECT_EQ(encode_stop(stop_reply::Stopped{GdbSignal{30}, parent, {}, {}, {}}, true), "T1ethread:p10.11;");
  EXPECT_EQ(encode_stop(stop_reply::Stopped{gdb_signal::none, parent, {}, {}, {}}, false), "T00thread:11;");
}

TEST(StopReply, RegistersAndCore) {
  auto stop = stopped(cause::SoftwareBreak{});
  stop.core = 11;
  stop.registers = {{6, {std::byte{0x12}, std::byte{0x34}}},
                    {16, {std::byte{0}, std::byte{0}}, false},
                    {300, {std::byte{1}}}};
  EXPECT_EQ(encode_stop(stop, true), "T05swbreak:;06:1234;10:xxxx;12c:01;thread:p10.11;core:b;");
}

TEST(StopReply, EveryCause) {
  const std::vector<std::pair<StopCause, std::string>> causes = {
      {cause::None{}, ""},
      {cause::SoftwareBreak{}, "swbreak:;"},
      {cause::HardwareBreak{}, "hwbreak:;"},
      {cause::Watch{cause::Access::write, Addr{0x7fff00001234}}, "watch:7fff00001234;"},
      {cause::Watch{cause::Access::read, Addr{1}}, "rwatch:1;"},
      {cause::Watch{cause::Access::any, Addr{0xffffffffffffffff}}, "awatch:ffffffffffffffff;"},
      {cause::Fork{child}, "fork:p20.20;"},
      {cause::Vfork{child}, "vfork:p20.20;"},
      {cause::Clone{child}, "clone:p20.20;"},
      {cause::VforkDone{}, "vforkdone:;"},
      {cause::Exec{"/bin/a b"}, "exec:2f62696e2f612062;"},
      {cause::ThreadCreated{}, "create:;"},
      {cause::LibrariesChanged{}, "library:;"},
      {cause::SyscallEntry{0x1f}, "syscall_entry:1f;"},
      {cause::SyscallReturn{0}, "syscall_return:0;"},
  };
  static_assert(std::variant_size_v<StopCause> == 13);
  for (const auto& [why, text] : causes) {
    EXPECT_EQ(encode_stop(stopped(why), true), "T05" + text + "thread:p10.11;");
  }
}

TEST(StopReply, EndOfAProcess) {
  EXPECT_EQ(encode_stop(stop_reply::Exited{Pid{0x10}, 3}, true), "W03;process:10");
  EXPECT_EQ(encode_stop(stop_reply::Exited{Pid{0x10}, 255}, false), "Wff");
  EXPECT_EQ(encode_stop(stop_reply::Killed{Pid{0x10}, GdbSignal{9}}, true), "X09;process:10");
  EXPECT_EQ(encode_stop(stop_reply::Killed{Pid{0x10}, GdbSignal{0x4e}}, false), "X4e");
}

TEST(StopReply, EndOfAThread) {
  EXPECT_EQ(encode_stop(stop_reply::ThreadExited{parent, 0}, true), "w00;p10.11");
  EXPECT_EQ(encode_stop(stop_reply::ThreadExited{parent, 0x2a}, false), "w2a;11");
}

TEST(StopReply, NothingResumedIsLeft) {
  EXPECT_EQ(encode_stop(stop_reply::NoResumed{}, true), "N");
}

}  // namespace
}  // namespace cotrace::rsp
