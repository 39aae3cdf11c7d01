#include "rsp/crc.h"

#include <array>

namespace cotrace::rsp {

namespace {

constexpr std::uint32_t polynomial = 0x04c11db7;

// The remainder of each byte value, so that a byte costs one lookup.
constexpr auto remainders = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t r = i << 24;
    for (int bit = 0; bit < 8; ++bit) r = (r << 1) ^ ((r & 0x80000000U) != 0 ? polynomial : 0);
    table[i] = r;
  }
  return table;
}();

}  // namespace

std::uint32_t crc_update(std::uint32_t crc, std::span<const std::byte> bytes) {
  for (std::byte byte : bytes)
    crc = (crc << 8) ^ remainders[(crc >> 24) ^ std::to_integer<std::uint32_t>(byte)];
  return crc;
}

}  // namespace cotrace::rsp
