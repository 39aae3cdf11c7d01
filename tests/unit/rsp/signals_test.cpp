#include "rsp/signals.h"

#include <array>
#include <csignal>
#include <gtest/gtest.h>
#include <set>

namespace cotrace::rsp {
namespace {

// What gdbserver 13.1 reports of a program that sends itself Linux's signals 1, 2, 3 ... (9 taken from `info
// signals`).
constexpr std::array<int, 65> seen = {
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x08, 0x09, 0x1e, 0x0b, 0x1f, 0x0d, 0x0e, 0x0f, 0x8f,
    0x14, 0x13, 0x11, 0x12, 0x15, 0x16, 0x10, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x17, 0x20, 0x0c, 0x4d, 0x2d,
    0x2e, 0x2f, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e,
    0x3f, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4e};

TEST(Signals, HaveTheNumbersThatGdbserverSends) {
  for (int number = 0; number <= 64; ++number) {
    EXPECT_EQ(signal_from_linux(number).value, seen[static_cast<std::size_t>(number)]) << number;
  }
}

TEST(Signals, ComeBack) {
  std::set<int> all;
  for (int number = 0; number <= 64; ++number) {
    if (number == SIGSTKFLT) continue;
    const auto signal = signal_from_linux(number);
    EXPECT_EQ(signal_to_linux(signal), number);
    all.insert(signal.value);
  }
  EXPECT_EQ(all.size(), 64U);
}

TEST(Signals, WhatTheOtherSideHasNotIsUnknown) {
  EXPECT_EQ(signal_from_linux(SIGSTKFLT), gdb_signal::unknown);
  EXPECT_EQ(signal_from_linux(65), gdb_signal::unknown);
  EXPECT_EQ(signal_from_linux(-1), gdb_signal::unknown);
  for (int number : {7, 29, 34, 44, 76, 79, 142, 143, 144, 151, 255, -1, 1000}) {
    EXPECT_EQ(signal_to_linux(GdbSignal{number}), std::nullopt) << number;
  }
}

TEST(Signals, PollIsIo) {
  EXPECT_EQ(signal_to_linux(GdbSignal{33}), SIGPOLL);
}

TEST(Signals, HaveGdbsNames) {
  EXPECT_EQ(signal_name(signal_from_linux(SIGUSR1)), "SIGUSR1");
  EXPECT_EQ(signal_name(signal_from_linux(SIGSYS)), "SIGSYS");
  EXPECT_EQ(signal_name(signal_from_linux(SIGPWR)), "SIGPWR");
  for (int number = 32; number <= 64; ++number) {
    EXPECT_EQ(signal_name(signal_from_linux(number)), "SIG" + std::to_string(number));
  }
  EXPECT_EQ(signal_name(GdbSignal{-1}), "?");
  EXPECT_EQ(signal_name(gdb_signal::unknown), "?");
}

}  // namespace
}  // namespace cotrace::rsp
