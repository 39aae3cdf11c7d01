// The table of sites: owners, staleness, what reads show and where writes go.

#include "trace/site.h"

#include <array>
#include <gtest/gtest.h>

namespace cotrace::trace {
namespace {

struct Nobody : Engine {
  Verdict on_event(TaskId, const Event&) override { return {}; }
};

constexpr std::byte int3 = arch::native::breakpoint_instruction;
std::byte operator""_b(unsigned long long value) {
  return static_cast<std::byte>(value);
}

class SiteTableTest : public ::testing::Test {
 protected:
  SiteTable table;
  Nobody a, b;
  Site& planted(std::uint64_t address, std::byte original) { return table.add(Addr{address}, original); }
};

TEST_F(SiteTableTest, ASiteBelongsToItsOwnersUntilTheLastIsGone) {
  Site& site = planted(100, 0x55_b);
  table.add_owner(site, {&a, PointId{1}, nullptr});
  table.add_owner(site, {&b, PointId{2}, nullptr});
  EXPECT_TRUE(table.any_owned());
  EXPECT_FALSE(table.remove_owner(site, PointId{1}));
  EXPECT_FALSE(table.remove_owner(site, PointId{1})) << "removed twice";
  EXPECT_TRUE(table.any_owned());
  EXPECT_TRUE(table.remove_owner(site, PointId{2}));
  EXPECT_FALSE(table.any_owned());
  EXPECT_TRUE(table.any_stale());
  EXPECT_EQ(table.stale(), (std::vector{Addr{100}}));
}

TEST_F(SiteTableTest, AStaleSiteComesBackToLife) {
  Site& site = planted(100, 0x55_b);
  table.add_owner(site, {&a, PointId{1}, nullptr});
  table.remove_owner(site, PointId{1});
  table.add_owner(table.add(Addr{100}, 0xcc_b), {&b, PointId{2}, nullptr});
  EXPECT_FALSE(table.any_stale());
  EXPECT_EQ(table.find(Addr{100})->original, 0x55_b) << "what was read the second time was the breakpoint";
}

TEST_F(SiteTableTest, OwnedSitesAreNotForgotten) {
  Site& site = planted(100, 0x55_b);
  table.add_owner(site, {&a, PointId{1}, nullptr});
  table.forget_stale(Addr{100});
  EXPECT_NE(table.find(Addr{100}), nullptr);
  table.remove_owner(site, PointId{1});
  table.forget_stale(Addr{100});
  EXPECT_EQ(table.find(Addr{100}), nullptr);
  EXPECT_FALSE(table.any_stale());
  EXPECT_TRUE(table.empty());
}

TEST_F(SiteTableTest, AnEngineLeavesAltogether) {
  table.add_owner(planted(100, 0x55_b), {&a, PointId{1}, nullptr});
  table.add_owner(planted(200, 0x56_b), {&a, PointId{2}, nullptr});
  table.add_owner(*table.find(Addr{200}), {&b, PointId{3}, nullptr});
  table.remove_engine(a);
  EXPECT_EQ(table.stale(), (std::vector{Addr{100}}));
  EXPECT_EQ(table.find(Addr{200})->owners.size(), 1U);
}

TEST_F(SiteTableTest, ReadsShowTheProgramsBytes) {
  planted(100, 0x55_b);
  planted(103, 0x56_b);
  std::array bytes{1_b, int3, 3_b, 4_b, int3};
  table.hide(Addr{99}, bytes);
  EXPECT_EQ(bytes, (std::array{1_b, 0x55_b, 3_b, 4_b, 0x56_b}));
  std::array<std::byte, 2> elsewhere{7_b, 8_b};
  table.hide(Addr{101}, elsewhere);
  EXPECT_EQ(elsewhere, (std::array{7_b, 8_b}));
}

TEST_F(SiteTableTest, WritesGoBeneathTheBreakpoint) {
  planted(100, 0x55_b);
  std::array bytes{0x90_b, 0x91_b, 0x92_b};
  table.show(Addr{99}, bytes);
  EXPECT_EQ(bytes, (std::array{0x90_b, int3, 0x92_b}));
  EXPECT_EQ(table.find(Addr{100})->original, 0x91_b);
}

TEST_F(SiteTableTest, OverlapIsOfTheRangeAlone) {
  planted(100, 0x55_b);
  EXPECT_TRUE(table.overlap(Addr{100}, 1));
  EXPECT_TRUE(table.overlap(Addr{90}, 11));
  EXPECT_FALSE(table.overlap(Addr{90}, 10));
  EXPECT_FALSE(table.overlap(Addr{101}, 100));
}

TEST_F(SiteTableTest, AddressesAtTheEndOfMemoryDoNotWrapIntoIt) {
  planted(~std::uint64_t{0}, 0x55_b);
  std::array bytes{1_b, 2_b};
  table.hide(Addr{~std::uint64_t{0} - 1}, bytes);
  EXPECT_EQ(bytes, (std::array{1_b, 0x55_b}));
}

}  // namespace
}  // namespace cotrace::trace
