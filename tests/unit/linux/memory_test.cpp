#include "linux/memory.h"

#include <array>
#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <string_view>
#include <sys/mman.h>
#include <vector>

#include "unit/linux/child.h"

namespace cotrace::sys::test {
namespace {

constexpr std::size_t page = 4096;

// Two pages in this process and so, at the same address, in every child: the first readable only, nothing
// behind the second.
class MemoryTest : public testing::Test {
 protected:
  void SetUp() override {
    pages = static_cast<std::byte*>(
        ::mmap(nullptr, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(pages, MAP_FAILED);
    for (std::size_t i = 0; i < 2 * page; ++i) pages[i] = static_cast<std::byte>(i % 251);
    ASSERT_EQ(::mprotect(pages, page, PROT_READ), 0);
    ASSERT_EQ(::munmap(pages + 2 * page, page), 0);
  }
  void TearDown() override { ::munmap(pages, 2 * page); }
  [[nodiscard]] Addr at(std::size_t offset) const {
    return Addr{reinterpret_cast<std::uint64_t>(pages) + offset};
  }
  std::byte* pages{nullptr};
};

ProcessMemory memory_of(const Child& child) {
  auto memory = ProcessMemory::open(child.tid());
  EXPECT_TRUE(memory);
  return std::move(*memory);
}

TEST_F(MemoryTest, ReadsAcrossPages) {
  Child child(pause_for_ever);
  std::vector<std::byte> out(2 * page);
  EXPECT_EQ(memory_of(child).read(at(0), out), 2 * page);
  EXPECT_EQ(std::memcmp(out.data(), pages, out.size()), 0);
}

TEST_F(MemoryTest, ShortAtTheEndOfTheMapping) {
  Child child(pause_for_ever);
  const auto memory = memory_of(child);
  std::vector<std::byte> out(page);
  EXPECT_EQ(memory.read(at(2 * page - 10), out), 10U);
  EXPECT_EQ(std::memcmp(out.data(), pages + 2 * page - 10, 10), 0);
  EXPECT_EQ(memory.write(at(2 * page - 3), out), 3U);
}

TEST_F(MemoryTest, NothingThereIsUnmapped) {
  Child child(pause_for_ever);
  const auto memory = memory_of(child);
  std::array<std::byte, 8> bytes{};
  for (Addr address : {Addr{0}, Addr{8}, at(2 * page), Addr{0x00007fffffffffff}, Addr{0x8000000000000000},
                       Addr{0xffffffffffffffff}}) {
    const auto read = memory.read(address, bytes);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::unmapped) << address.value << read.error().text;
    EXPECT_EQ(memory.write(address, bytes).error().code, Errc::unmapped) << address.value;
  }
}

TEST_F(MemoryTest, NoBytesAreNoError) {
  Child child(pause_for_ever);
  EXPECT_EQ(memory_of(child).read(Addr{0}, {}), 0U);
  EXPECT_EQ(memory_of(child).write(Addr{0}, {}), 0U);
}

// As a debugger's breakpoint has to: into pages that the program itself may not write.
TEST_F(MemoryTest, WritesThroughProtectionOfThatProcessAlone) {
  Child child(pause_for_ever);
  const auto memory = memory_of(child);
  const std::array<std::byte, 4> bytes{std::byte{0xcc}, std::byte{0xcc}, std::byte{0xcc}, std::byte{0xcc}};
  EXPECT_EQ(memory.write(at(page - 2), bytes), 4U);
  std::array<std::byte, 4> back{};
  EXPECT_EQ(memory.read(at(page - 2), back), 4U);
  EXPECT_EQ(back, bytes);
  EXPECT_NE(pages[page - 2], std::byte{0xcc});
}

TEST_F(MemoryTest, WriteToASharedReadOnlyFileIsRefusedNotUnmapped) {
  const base::Fd file(::open("/bin/sh", O_RDONLY | O_CLOEXEC));
  void* const shared = ::mmap(nullptr, page, PROT_READ, MAP_SHARED, file.get(), 0);
  ASSERT_NE(shared, MAP_FAILED);
  Child child(pause_for_ever);
  const std::array<std::byte, 1> byte{};
  const auto refused = memory_of(child).write(Addr{reinterpret_cast<std::uint64_t>(shared)}, byte);
  ::munmap(shared, page);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::not_permitted) << refused.error().text;
}

TEST_F(MemoryTest, StoppedOrNotMakesNoDifference) {
  Child child(pause_for_ever);
  std::array<std::byte, 8> out{};
  EXPECT_EQ(memory_of(child).read(at(0), out), out.size());
  [[maybe_unused]] const StoppedTask task = seized_and_stopped(child.tid());
  EXPECT_EQ(memory_of(child).read(at(0), out), out.size());
}

TEST_F(MemoryTest, GoneWithTheProcess) {
  Child child(pause_for_ever);
  const auto memory = memory_of(child);
  ASSERT_TRUE(send_signal(child.pid(), SIGKILL));
  await_status(child.tid());
  std::array<std::byte, 8> out{};
  EXPECT_EQ(memory.read(at(0), out).error().code, Errc::gone);
  EXPECT_EQ(memory.write(at(0), out).error().code, Errc::gone);
  next_status(child.tid());
  EXPECT_EQ(ProcessMemory::open(child.tid()).error().code, Errc::gone);
}

}  // namespace
}  // namespace cotrace::sys::test
