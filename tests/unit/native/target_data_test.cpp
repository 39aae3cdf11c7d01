// Breakpoints with bytecode, watchpoints, thread-local variables, libraries.
#include <cstring>
#include <gmock/gmock.h>
#include <map>
#include <unistd.h>

#include "native/elf_symbols.h"
#include "unit/native/debugging.h"

namespace cotrace::native {
namespace {

namespace stop = session::stop;
using session::PointType;
using testing::HasSubstr;
using testing::Not;

session::Bytecode bytecode(std::initializer_list<int> bytes) {
  session::Bytecode out;
  for (const int byte : bytes) out.push_back(static_cast<std::byte>(byte));
  return out;
}
// Agent expressions of the gdb manual's opcode table: const8, register rdi, equal, end ...
constexpr int const8 = 0x22, reg = 0x26, equal = 0x13, end = 0x27, printf_op = 0x34;
session::Bytecode constant(int value) {
  return bytecode({const8, value, end});
}
// "$rdi == value", the first argument of a function at its entry.
session::Bytecode first_argument_is(int value) {
  return bytecode({reg, 0, 5, const8, value, equal, end});
}

class TargetData : public Debugging {
 protected:
  Result<> insert(session::ThreadRef thread, PointType type, Addr at, std::uint64_t kind,
                  std::vector<session::Bytecode> conditions = {},
                  std::vector<session::Bytecode> commands = {}) {
    return client->target.points()->insert(thread, {.type = type,
                                                    .address = at,
                                                    .kind = kind,
                                                    .conditions = std::move(conditions),
                                                    .commands = std::move(commands)});
  }
  Result<> remove(session::ThreadRef thread, PointType type, Addr at, std::uint64_t kind) {
    return client->target.points()->remove(thread, type, at, kind);
  }
  std::unique_ptr<Debugger> client = debugger();
};

TEST_F(TargetData, AConditionLetsOthersPass) {
  const auto thread = launch(*client, {"counter_threads", "1", "5"});
  const Addr tick = symbol(thread.pid, "tick");
  ASSERT_TRUE(insert(thread, PointType::software, tick, 1, {first_argument_is(3)}).has_value());
  client->cont();
  const auto [who, hit] = expect_stop<stop::SoftwareBreak>(*client);
  const auto rdi = client->target.read_register(who, 5);
  ASSERT_TRUE(rdi.has_value());
  EXPECT_EQ(rdi->front(), std::byte{3});
  client->cont();
  EXPECT_EQ(expect_stop<stop::Exited>(*client).second.code, 0);
}

TEST_F(TargetData, InsertingAgainReplacesTheCondition) {
  const auto thread = launch(*client, {"counter_threads", "1", "2"});
  const Addr tick = symbol(thread.pid, "tick");
  ASSERT_TRUE(insert(thread, PointType::software, tick, 1).has_value());
  ASSERT_TRUE(insert(thread, PointType::software, tick, 1, {constant(0)}).has_value());
  client->cont();
  expect_stop<stop::Exited>(*client);
}

TEST_F(TargetData, ARefusedInsertLeavesTheFormerOne) {
  const auto thread = launch(*client, {"counter_threads", "1", "1"});
  const Addr tick = symbol(thread.pid, "tick");
  ASSERT_TRUE(insert(thread, PointType::software, tick, 1).has_value());
  EXPECT_FALSE(insert(thread, PointType::software, tick, 1, {bytecode({0xff})}).has_value());
  EXPECT_FALSE(insert(thread, PointType::software, Addr{8}, 1).has_value());
  client->cont();
  expect_stop<stop::SoftwareBreak>(*client);
}

TEST_F(TargetData, CommandsRunInsteadOfStopping) {
  const auto thread = launch(*client, {"counter_threads", "1", "2"});
  // printf "x%d;" of 7: format's length with its NUL, argument count; function and channel lie below.
  auto print = bytecode({const8, 7, const8, 0, const8, 0, printf_op, 1, 0, 5});
  for (const char c : {'x', '%', 'd', ';', '\0'}) print.push_back(static_cast<std::byte>(c));
  print.push_back(std::byte{end});
  const auto set = insert(thread, PointType::software, symbol(thread.pid, "tick"), 1, {}, {print});
  ASSERT_TRUE(set.has_value()) << set.error().text;
  client->cont();
  expect_stop<stop::Exited>(*client);
  EXPECT_EQ(client->printed, "x7;x7;");
}

TEST_F(TargetData, RemovingWhatIsNotThereIsNoError) {
  const auto thread = launch(*client, {"exits", "code", "0"});
  EXPECT_TRUE(remove(thread, PointType::software, Addr{0x1234}, 1).has_value());
  EXPECT_TRUE(remove(thread, PointType::write_watch, Addr{0x1234}, 8).has_value());
}

TEST_F(TargetData, AHitIsTrueAsLongAsItsBreakpointAndPcAre) {
  const auto main = launch(*client, {"counter_threads", "1", "3"});
  const Addr tick = breakpoint(*client, main, "tick");
  client->cont();
  const auto report = next_stop(*client);
  EXPECT_TRUE(client->target.still_true(report));
  ASSERT_TRUE(remove(main, PointType::software, tick, 1).has_value());
  EXPECT_FALSE(client->target.still_true(report));
  ASSERT_TRUE(insert(main, PointType::software, tick, 1).has_value());
  EXPECT_TRUE(client->target.still_true(report)) << "gdb takes all out at a stop and puts them back";
  // Dropped unseen it comes again, and at once: nothing has run.
  client->target.withdraw(report);
  client->cont();
  const auto again = next_stop(*client);
  EXPECT_TRUE(std::holds_alternative<stop::SoftwareBreak>(again.reason));
  EXPECT_EQ(again.thread, report.thread);
  EXPECT_EQ(pc(*client, again.thread), tick.value);
}

TEST_F(TargetData, AWatchpointTellsWhichAddressWasWritten) {
  const auto main = launch(*client, {"watch_threads", "2", "2"});
  const Addr total = symbol(main.pid, "shared_total");
  EXPECT_FALSE(client->target.points()->supports(PointType::read_watch));
  ASSERT_TRUE(insert(main, PointType::write_watch, total, 8).has_value());
  client->cont();
  const auto [thread, watch] = expect_stop<stop::Watch>(*client);
  EXPECT_EQ(watch.address, total);
  EXPECT_EQ(watch.access, stop::Access::write);
  ASSERT_TRUE(remove(main, PointType::write_watch, total, 8).has_value());
  client->cont();
  EXPECT_EQ(expect_stop<stop::Exited>(*client).second.code, 0);
}

TEST_F(TargetData, AHardwareBreakpointSaysThatItIsOne) {
  const auto main = launch(*client, {"counter_threads", "1", "1"});
  ASSERT_TRUE(insert(main, PointType::hardware, symbol(main.pid, "tick"), 1).has_value());
  client->cont();
  expect_stop<stop::HardwareBreak>(*client);
}

TEST_F(TargetData, MemoryHidesBreakpoints) {
  const auto main = launch(*client, {"counter_threads", "1", "1"});
  const Addr tick = symbol(main.pid, "tick");
  std::byte before{}, after{};
  ASSERT_TRUE(client->target.read_memory(main, tick, {&before, 1}).has_value());
  ASSERT_TRUE(insert(main, PointType::software, tick, 1).has_value());
  ASSERT_TRUE(client->target.read_memory(main, tick, {&after, 1}).has_value());
  EXPECT_EQ(before, after);
  EXPECT_NE(after, std::byte{0xcc});
}

TEST_F(TargetData, LibrariesAreListedOnceTheyAreLoaded) {
  const auto main = launch(*client, {"counter_threads", "1", "1"});
  EXPECT_FALSE(client->target.facts()->libraries_svr4(main.pid, "").has_value()) << "the linker has not run";
  breakpoint(*client, main, "tick");
  client->cont();
  next_stop(*client);
  const auto list = client->target.facts()->libraries_svr4(main.pid, "");
  ASSERT_TRUE(list.has_value()) << list.error().text;
  EXPECT_THAT(*list, HasSubstr("libc.so.6"));
  EXPECT_THAT(*list, HasSubstr("main-lm=\"0x"));
  EXPECT_FALSE(client->target.facts()->auxv(main.pid)->empty());
  EXPECT_EQ(client->target.facts()->offsets(main.pid).error().code, Errc::unsupported);
}

TEST_F(TargetData, TheMachineTheProcessAndItsMappings) {
  const auto main = launch(*client, {"hello"});
  auto& facts = *client->target.system_facts();
  EXPECT_EQ(facts.host()->triple, "x86_64-pc-linux-gnu");
  const auto process = facts.process(main.pid);
  ASSERT_TRUE(process.has_value());
  EXPECT_EQ(process->parent, Pid{::getpid()});
  EXPECT_EQ(process->euid, ::geteuid());
  EXPECT_EQ(process->egid, ::getegid());
  EXPECT_EQ(process->machine.pointer_size, 8U);
  const auto code = facts.region(main.pid, symbol(main.pid, "main"));
  ASSERT_TRUE(code.has_value());
  EXPECT_TRUE(code->mapped && code->read && code->execute && !code->write);
  EXPECT_THAT(code->name, testing::EndsWith("/hello"));
  // The gap before the first mapping, and the one behind the last.
  const auto first = facts.region(main.pid, Addr{0});
  ASSERT_TRUE(first.has_value());
  EXPECT_FALSE(first->mapped);
  EXPECT_EQ(first->start, Addr{0});
  EXPECT_TRUE(facts.region(main.pid, first->end)->mapped);
  EXPECT_FALSE(facts.region(main.pid, first->end - 1)->mapped);
  EXPECT_EQ(facts.region(main.pid, Addr{~std::uint64_t{1}})->end, Addr{~std::uint64_t{0}});
  EXPECT_FALSE(facts.region(Pid{1}, Addr{0}).has_value()) << "not this client's";
}

TEST_F(TargetData, A32BitProgramsLibrariesAreListedToo) {
  const auto main = launch(*client, {"counter_threads_32", "1", "1"});
  breakpoint(*client, main, "tick");
  client->cont();
  next_stop(*client);
  const auto list = client->target.facts()->libraries_svr4(main.pid, "");
  ASSERT_TRUE(list.has_value()) << list.error().text;
  EXPECT_THAT(*list, HasSubstr("libc.so.6"));
  EXPECT_THAT(*list, Not(HasSubstr("0xffffffffff")));
}

TEST_F(TargetData, EachThreadHasItsOwnThreadLocalVariable) {
  const auto main = launch(*client, {"native_tls"});
  breakpoint(*client, main, "at_rest");
  client->cont();
  expect_stop<stop::SoftwareBreak>(*client);
  halt(*client);
  const auto list = client->target.facts()->libraries_svr4(main.pid, "").value_or("");
  const auto at = list.find("main-lm=\"0x");
  ASSERT_NE(at, std::string::npos);
  const Addr link_map{std::stoull(list.substr(at + 11), nullptr, 16)};
  const auto offset = ElfSymbols::open(program("native_tls"))->find("own_value");
  ASSERT_TRUE(offset.has_value());

  std::map<bool, int> values;  // by "is the main thread"
  for (const auto thread : client->target.threads()) {
    const auto address = client->target.thread_locals()->tls_address(thread, *offset, link_map);
    ASSERT_TRUE(address.has_value()) << address.error().text;
    int value = 0;
    ASSERT_TRUE(client->target.read_memory(thread, *address, std::as_writable_bytes(std::span(&value, 1))));
    values[thread == main] = value;
  }
  EXPECT_EQ(values, (std::map<bool, int>{{true, 7}, {false, 8}}));

  client->target.set_libthread_db_path("/no/such/directory");
  const auto nowhere = client->target.thread_locals()->tls_address(main, *offset, link_map);
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_THAT(nowhere.error().text, HasSubstr("libthread_db.so.1"));
  client->target.set_libthread_db_path("/no/such/directory:$sdir");
  EXPECT_TRUE(client->target.thread_locals()->tls_address(main, *offset, link_map).has_value());
}

}  // namespace
}  // namespace cotrace::native
