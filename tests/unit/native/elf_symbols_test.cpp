#include "native/elf_symbols.h"

#include <cerrno>
#include <fstream>
#include <gtest/gtest.h>

namespace cotrace::native {
namespace {

TEST(ElfSymbols, FindsFunctionsOfAProgramByTheirName) {
  const auto symbols = ElfSymbols::open(std::string(COTRACE_PROGRAMS) + "/counter_threads");
  ASSERT_TRUE(symbols.has_value());
  EXPECT_TRUE(symbols->find("main").has_value());
  EXPECT_TRUE(symbols->find("tick").has_value());
  EXPECT_FALSE(symbols->find("pthread_create").has_value()) << "it is defined elsewhere";
  EXPECT_FALSE(symbols->find("").has_value());
  EXPECT_EQ(symbols->first_address(), 0U) << "a position independent program";
}

TEST(ElfSymbols, AFixedProgramBeginsWhereItSays) {
  const auto symbols = ElfSymbols::open(std::string(COTRACE_PROGRAMS) + "/counter_threads_no_pie");
  ASSERT_TRUE(symbols.has_value());
  EXPECT_EQ(symbols->first_address(), 0x400000U);
}

TEST(ElfSymbols, ThirtyTwoBitFilesAreReadAsWell) {
  const auto symbols = ElfSymbols::open(std::string(COTRACE_PROGRAMS) + "/counter_threads_32");
  ASSERT_TRUE(symbols.has_value());
  EXPECT_TRUE(symbols->find("tick").has_value());
}

TEST(ElfSymbols, WhatIsNoElfFileIsAnError) {
  EXPECT_EQ(ElfSymbols::open("/no/such/file").error().sys_errno, ENOENT);
  EXPECT_EQ(ElfSymbols::open("/etc/passwd").error().code, Errc::invalid);
  EXPECT_EQ(ElfSymbols::open("/dev/null").error().code, Errc::invalid);
}

}  // namespace
}  // namespace cotrace::native
