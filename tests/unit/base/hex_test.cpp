#include "base/hex.h"

#include <array>
#include <gtest/gtest.h>
#include <limits>

namespace cotrace::base {
namespace {

std::string number(std::uint64_t value) {
  std::string out;
  append_hex_number(out, value);
  return out;
}

TEST(Hex, EveryByteThereAndBack) {
  std::vector<std::byte> all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<std::byte>(i));
  const std::string hex = to_hex(std::span<const std::byte>(all));
  EXPECT_EQ(hex.size(), 512U);
  EXPECT_EQ(hex.substr(0, 6), "000102");
  EXPECT_EQ(hex.substr(508), "feff");
  EXPECT_EQ(bytes_from_hex(hex), all);
}

TEST(Hex, AppendKeepsWhatIsThere) {
  std::string out = "OK";
  append_hex(out, std::array{std::byte{0x0f}, std::byte{0xa0}});
  EXPECT_EQ(out, "OK0fa0");
}

TEST(Hex, TextWithNulAndHighBytes) {
  const std::string text("a\0\xff", 3);
  EXPECT_EQ(to_hex(text), "6100ff");
  EXPECT_EQ(text_from_hex("6100fF"), text);
}

TEST(Hex, EmptyIsEmptyNotWrong) {
  EXPECT_EQ(to_hex(std::string_view{}), "");
  EXPECT_EQ(text_from_hex(""), "");
  EXPECT_EQ(bytes_from_hex(""), std::vector<std::byte>{});
}

TEST(Hex, BadDigitsAreRefusedWhereverTheyStand) {
  for (const char* bad : {"0", "123", "0g", "g0", "0x", " 1", "1 ", "-1", "12:4", "\xff\xff"}) {
    EXPECT_FALSE(text_from_hex(bad)) << bad;
    EXPECT_FALSE(bytes_from_hex(bad)) << bad;
  }
}

TEST(Hex, NumbersHaveNoLeadingZeros) {
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(9), "9");
  EXPECT_EQ(number(0x10), "10");
  EXPECT_EQ(number(0x100), "100");
  EXPECT_EQ(number(0xfff), "fff");
  EXPECT_EQ(number(std::numeric_limits<std::uint64_t>::max()), "ffffffffffffffff");
}

TEST(Hex, NumbersOfEveryWidthComeBack) {
  for (int bit = 0; bit < 64; ++bit) {
    const std::uint64_t value = std::uint64_t{1} << bit;
    EXPECT_EQ(number_from_hex(number(value)), value);
    EXPECT_EQ(number_from_hex(number(value - 1)), value - 1);
  }
}

TEST(Hex, NumbersAreDigitsAndNothingElse) {
  EXPECT_EQ(number_from_hex("00000000000000AB"), 0xabU);
  for (const char* bad : {"", "0x1", "-1", "+1", " 1", "1 ", "1;", "g", "00000000000000000"})
    EXPECT_FALSE(number_from_hex(bad)) << bad;
}

TEST(Hex, DigitValues) {
  EXPECT_EQ(hex_digit('0'), 0);
  EXPECT_EQ(hex_digit('9'), 9);
  EXPECT_EQ(hex_digit('a'), 10);
  EXPECT_EQ(hex_digit('F'), 15);
  for (char c : {'/', ':', '@', 'G', '`', 'g', '\0', '\x80'}) EXPECT_EQ(hex_digit(c), -1) << c;
}

}  // namespace
}  // namespace cotrace::base
