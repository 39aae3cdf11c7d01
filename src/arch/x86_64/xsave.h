// The XSAVE area in standard layout (Intel SDM vol. 1, 13.4): which components are there, and their initial
// state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "arch/x86_64/register_tables.h"

namespace cotrace::arch::x86_64 {

inline constexpr std::size_t legacy_area_size = 512;  // the FXSAVE image
inline constexpr std::size_t xsave_header_end = 576;  // its first 8 bytes are XSTATE_BV
inline constexpr std::uint32_t initial_mxcsr = 0x1f80;
inline constexpr std::uint16_t initial_control_word = 0x37f;

// The components that are not in their initial state. An area without a header is an FXSAVE image: x87 and
// SSE are there.
std::uint64_t components_in_use(std::span<const std::byte> area);

constexpr std::uint64_t bit_of(Component component) {
  return std::uint64_t{1} << static_cast<unsigned>(component);
}

// Makes a component that is in its initial state say so in memory and marks it as in use, so that single
// registers of it can be written. `start`: of the component in the area (extended components). The area must
// be large enough.
void bring_into_use(std::span<std::byte> area, Component component, std::size_t start);

// How many bytes of the area, from its start, the component takes.
std::size_t component_size(Component component);

// The x87 tag word, two bits a register (0 valid, 1 zero, 2 special, 3 empty), from the FXSAVE image, which
// keeps only "empty or not".
std::uint16_t full_tag_word(std::span<const std::byte> legacy_area);
// What FXSAVE keeps of a full tag word.
std::uint8_t abridged_tag_word(std::uint16_t full);

}  // namespace cotrace::arch::x86_64
