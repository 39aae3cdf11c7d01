#include "rsp/crc.h"

#include <gtest/gtest.h>
#include <string_view>

namespace cotrace::rsp {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text});
}

TEST(Crc, IsTheOneWithoutReflectionAndFinalInversion) {
  // The check value of CRC-32/MPEG-2, which has these parameters.
  EXPECT_EQ(crc_update(crc_start, bytes_of("123456789")), 0x0376e6e7U);
}

TEST(Crc, OfNothingIsTheStart) {
  EXPECT_EQ(crc_update(crc_start, {}), 0xffffffffU);
}

TEST(Crc, PiecesGiveTheSame) {
  EXPECT_EQ(crc_update(crc_update(crc_start, bytes_of("1234")), bytes_of("56789")), 0x0376e6e7U);
}

}  // namespace
}  // namespace cotrace::rsp
