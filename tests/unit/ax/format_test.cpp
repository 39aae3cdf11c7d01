#include "ax/format.h"

#include <array>
#include <cstdio>
#include <gtest/gtest.h>

namespace cotrace::ax {
namespace {

std::optional<std::string> no_string(std::uint64_t /*address*/) {
  return std::nullopt;
}

std::string one(std::string_view format, std::uint64_t argument) {
  const auto parsed = Format::parse(format);
  EXPECT_TRUE(parsed) << format;
  if (!parsed) return {};
  return parsed->render(std::array{argument}, no_string);
}

TEST(Format, EscapesOfC) {
  EXPECT_EQ(Format::parse(R"(a\tb\n\\\"\101\0x\a\e)")->render({}, no_string),
            std::string("a\tb\n\\\"A\0x\a\x1b", 11));
  for (const auto* text : {"\\", "\\x", "\\q"}) EXPECT_FALSE(Format::parse(text)) << text;
}

TEST(Format, AgreesWithPrintfOnIntegers) {
  const std::array<std::uint64_t, 8> values = {
      0, 1, 42, 0x7fffffff, 0x80000000, 0xffffffff, 0x8000000000000000, 0xffffffffffffffff};
  for (const char* flags : {"", "-", "0", "+", " ", "#", "-0", "+0", "#0", "-#"}) {
    for (const char* size : {"", "5", "20", ".0", ".3", "8.4", "20.12"}) {
      for (const char* conversion :
           {"d", "i", "u", "o", "x", "X", "hd", "hhu", "ld", "lu", "lx", "llo", "zu", "jd", "td"}) {
        const auto format = std::string("%") + flags + size + conversion;
        // What glibc does with "%#.0o" of 0 and the like is not worth copying.
        if (format.contains('#') && format.contains('o')) continue;
        for (auto value : values) {
          std::array<char, 64> expected;
          std::snprintf(expected.data(), expected.size(), format.c_str(), value);
          EXPECT_EQ(one(format, value), expected.data()) << format << " of " << value;
        }
      }
    }
  }
}

TEST(Format, CharactersAndPointers) {
  EXPECT_EQ(one("%c", 'x'), "x");
  EXPECT_EQ(one("%3c|", 'x'), "  x|");
  EXPECT_EQ(one("%-3c|", 0x178), "x  |");
  EXPECT_EQ(one("%p", 0x1234), "0x1234");
  EXPECT_EQ(one("%8p", 0x1234), "  0x1234");
}

TEST(Format, Strings) {
  const auto word = [](std::uint64_t /*address*/) { return std::optional<std::string>("word"); };
  EXPECT_EQ(Format::parse("%6s|%-6s|%.2s|")->render(std::array<std::uint64_t, 3>{1, 1, 1}, word),
            "  word|word  |wo|");
  EXPECT_EQ(one("%s", 0), "(null)");
  EXPECT_EQ(one("%s", 0x10), "<cannot access memory at 0x10>");
}

TEST(Format, CountsItsArguments) {
  EXPECT_EQ(Format::parse("")->argument_count(), 0U);
  EXPECT_EQ(Format::parse("%%d %%%%")->argument_count(), 0U);
  EXPECT_EQ(Format::parse("%d%%%s x %llx")->argument_count(), 3U);
}

TEST(Format, RefusesWhatItCannotDo) {
  for (const auto* text : {"%", "%5", "%-", "%l", "%n", "%hhn", "%*d", "%.*d", "%f", "%g", "%Lf", "%a", "%y",
                           "%1$d", "%99999999999999999999d", "%.99999999999999999999d"}) {
    EXPECT_FALSE(Format::parse(text)) << text;
  }
}

TEST(Format, ItsOutputIsBounded) {
  std::string format;
  for (int i = 0; i < 10; ++i) format += "%16000d";
  const std::vector<std::uint64_t> arguments(10, 1);
  EXPECT_EQ(Format::parse(format)->render(arguments, no_string).size(), max_output);
}

}  // namespace
}  // namespace cotrace::ax
