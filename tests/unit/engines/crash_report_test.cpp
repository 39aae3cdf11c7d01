// What is said of crashes, and what goes into core files, without a process.

#include <csignal>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engines/crash_catcher/core_regions.h"
#include "engines/crash_catcher/report.h"
#include "engines/signal_text.h"

namespace cotrace::test {
namespace {

using engines::dumped_length;
using engines::MappingFacts;
using nlohmann::json;
using sys::Mapping;

SigInfo fault_at(std::uintptr_t address) {
  SigInfo info{};
  info.si_signo = SIGSEGV;
  info.si_code = SEGV_ACCERR;
  info.si_addr = reinterpret_cast<void*>(address);
  return info;
}

engines::Crash crash() {
  engines::Crash out{.number = 7, .date = 0, .process = Pid{12}};
  out.program = {"/bin/a", {"a", "\x1b[2J"}};
  user_regs_struct regs{};
  regs.rip = 0x401000;
  out.threads.push_back(
      {.task = {Tid{12}, 1}, .name = "a\nb", .signal = fault_at(0xdeadbeef), .registers = regs});
  out.threads.front().frames.push_back({.pc = Addr{0x401000}, .module = "/bin/a", .symbol = "main"});
  out.threads.push_back({.task = {Tid{13}, 2}, .name = "worker", .error = "it did not stop in time"});
  out.code_at = Addr{0x400ff0};
  out.code.assign(48, std::byte{0x90});
  return out;
}

TEST(CrashReports, TextHasNothingThatATerminalObeys) {
  const std::string text = engines::make_text_report()->of(crash());
  EXPECT_FALSE(text.contains('\x1b'));
  EXPECT_TRUE(text.contains("Thread 12 (a\\nb), SIGSEGV (SEGV_ACCERR) at 0xdeadbeef:\n")) << text;
  EXPECT_TRUE(text.contains("#0  0x0000000000401000 main+0x0 (/bin/a)\n")) << text;
  EXPECT_TRUE(text.contains("  it did not stop in time\n")) << text;
  // Sixteen bytes come before the one at pc.
  const auto at = text.find(" <90>");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(text.substr(at - 3, 3), " 90");
}

TEST(CrashReports, JsonIsALineThatCanBeRead) {
  auto what = crash();
  what.program.arguments.emplace_back("\xff");
  const std::string text = engines::make_json_report()->of(what);
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  const json object = json::parse(text);
  EXPECT_EQ(object.at("signal").at("address"), "0xdeadbeef");
  EXPECT_EQ(object.at("threads").at(1).at("error"), "it did not stop in time");
  EXPECT_EQ(object.at("date"), "1970-01-01T00:00:00Z");
  EXPECT_EQ(object.at("threads").at(0).at("registers").at("rip"), "0x401000");
}

TEST(SignalTexts, NameCodesAndSenders) {
  EXPECT_EQ(engines::text_of(fault_at(0x10)), "SIGSEGV (SEGV_ACCERR) at 0x10");
  SigInfo sent{};
  sent.si_signo = SIGTERM;
  sent.si_code = SI_USER;
  sent.si_pid = 5;
  sent.si_uid = 6;
  EXPECT_EQ(engines::text_of(sent), "SIGTERM (SI_USER) from process 5 of user 6");
  EXPECT_EQ(engines::signal_name(SIGRTMIN + 2), "SIGRTMIN+2");
  EXPECT_EQ(engines::signal_name(99), "signal 99");
  // A general protection fault has no address.
  SigInfo protection{};
  protection.si_signo = SIGSEGV;
  protection.si_code = SI_KERNEL;
  EXPECT_EQ(engines::text_of(protection), "SIGSEGV (SI_KERNEL)");
}

Mapping mapping(std::string path, bool shared = false) {
  Mapping out{.start = Addr{0x10000}, .end = Addr{0x18000}, .read = true, .write = true};
  out.shared = shared;
  out.inode = path.starts_with('/') ? 77 : 0;
  out.path = std::move(path);
  return out;
}

constexpr std::uint64_t all = 0x8000;
constexpr std::uint64_t usual = 0x33;

TEST(CoreRegions, FollowTheFilter) {
  EXPECT_EQ(dumped_length(mapping(""), {}, usual, false), all);
  EXPECT_EQ(dumped_length(mapping("[heap]"), {}, usual, false), all);
  EXPECT_EQ(dumped_length(mapping(""), {}, usual & ~1U, false), 0U);
  EXPECT_EQ(dumped_length(mapping("/lib/x.so"), {}, usual, true), 4096U);
  EXPECT_EQ(dumped_length(mapping("/lib/x.so"), {}, usual & ~0x10U, true), 0U);
  EXPECT_EQ(dumped_length(mapping("/lib/x.so"), {.has_own_pages = true}, usual, true), all);
  EXPECT_EQ(dumped_length(mapping("/lib/x.so"), {}, usual | 4U, false), all);
  EXPECT_EQ(dumped_length(mapping("/data", true), {}, usual, false), 0U);
  EXPECT_EQ(dumped_length(mapping("/data", true), {}, usual | 8U, false), all);
  EXPECT_EQ(dumped_length(mapping("/memfd:x (deleted)", true), {}, usual, false), all);
  EXPECT_EQ(dumped_length(mapping("/memfd:x (deleted)", true), {}, usual & ~2U, false), 0U);
  EXPECT_EQ(dumped_length(mapping(""), {.huge = true}, usual, false), all);
  EXPECT_EQ(dumped_length(mapping(""), {.huge = true}, usual & ~0x20U, false), 0U);
}

TEST(CoreRegions, LeaveOutWhatIsNotToBeRead) {
  EXPECT_EQ(dumped_length(mapping(""), {.do_not_dump = true}, usual, false), 0U);
  EXPECT_EQ(dumped_length(mapping("/dev/x"), {.device = true}, 0xFF, false), 0U);
  auto closed = mapping("");
  closed.read = false;
  EXPECT_EQ(dumped_length(closed, {}, usual, false), 0U);
  EXPECT_EQ(dumped_length(mapping("[vdso]"), {.do_not_dump = true}, 0, true), all);
}

TEST(CoreRegions, FactsComeFromSmaps) {
  const auto facts = engines::parse_smaps(
      "7f0000000000-7f0000001000 rw-p 00000000 08:01 77    /a file: with blanks\n"
      "Size:                  4 kB\n"
      "Anonymous:             8 kB\n"
      "AnonHugePages:         0 kB\n"
      "VmFlags: rd wr mr dd io \n"
      "7f0000002000-7f0000003000 rw-p 00000000 00:00 0\n"
      "Anonymous:             0 kB\n"
      "VmFlags: rd ht \n");
  ASSERT_EQ(facts.size(), 2U);
  EXPECT_EQ(facts[0].start, Addr{0x7f0000000000});
  EXPECT_TRUE(facts[0].facts.has_own_pages);
  EXPECT_TRUE(facts[0].facts.do_not_dump);
  EXPECT_TRUE(facts[0].facts.device);
  EXPECT_FALSE(facts[0].facts.huge);
  EXPECT_FALSE(facts[1].facts.has_own_pages);
  EXPECT_TRUE(facts[1].facts.huge);
}

}  // namespace
}  // namespace cotrace::test
