// The checksum of qCRC (gdb manual, "General Query Packets").
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace cotrace::rsp {

inline constexpr std::uint32_t crc_start = 0xffffffff;

// CRC-32 with polynomial 0x04c11db7, most significant bit first, neither reflected nor inverted at the end:
// not zlib's. May be fed piecewise: crc = crc_update(crc, piece), beginning with crc_start.
std::uint32_t crc_update(std::uint32_t crc, std::span<const std::byte> bytes);

}  // namespace cotrace::rsp
