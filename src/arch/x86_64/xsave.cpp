#include "arch/x86_64/xsave.h"

#include <algorithm>
#include <cpuid.h>
#include <cstring>

namespace cotrace::arch::x86_64 {

namespace {

template <class T>
T load(std::span<const std::byte> area, std::size_t offset) {
  T value;
  std::memcpy(&value, area.data() + offset, sizeof value);
  return value;
}

template <class T>
void store(std::span<std::byte> area, std::size_t offset, T value) {
  std::memcpy(area.data() + offset, &value, sizeof value);
}

constexpr std::size_t state_bits_offset = 512;

// One x87 register's tag, by its 80 bits (SDM vol. 1, 8.1.7).
unsigned tag_of(std::uint64_t significand, std::uint16_t sign_and_exponent) {
  const unsigned exponent = sign_and_exponent & 0x7fffu;
  const bool integer_bit = (significand >> 63) != 0;
  if (exponent == 0 && significand == 0) return 1;
  if (exponent == 0 || exponent == 0x7fff || !integer_bit) return 2;
  return 0;
}

}  // namespace

XsaveLayout XsaveLayout::of_this_processor() {
  XsaveLayout layout;
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  constexpr unsigned os_uses_xsave = 1u << 27;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & os_uses_xsave) == 0) return layout;
  unsigned low = 0;
  unsigned high = 0;
  // The intrinsic would need the whole file to be built for a processor with XSAVE.
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  layout.xcr0 = low | std::uint64_t{high} << 32;
  if (__get_cpuid_count(0xd, 0, &a, &b, &c, &d) != 0) layout.size = b;
  // 63 has another meaning, 0 and 1 are the legacy area.
  for (unsigned component = 2; component < 63; ++component) {
    if ((layout.xcr0 >> component & 1) == 0) continue;
    if (__get_cpuid_count(0xd, component, &a, &b, &c, &d) != 0) layout.offset[component] = b;
  }
  return layout;
}

std::uint64_t components_in_use(std::span<const std::byte> area) {
  if (area.size() < xsave_header_end) return bit_of(Component::x87) | bit_of(Component::sse);
  return load<std::uint64_t>(area, state_bits_offset);
}

std::size_t component_size(Component component) {
  switch (component) {
    case Component::none:
      return 0;
    case Component::x87:
      return 160;
    case Component::sse:
      return 416;
    case Component::avx:
      return 256;
    case Component::opmask:
      return 64;
    case Component::zmm_hi256:
      return 512;
    case Component::hi16_zmm:
      return 1024;
    case Component::pkru:
      return 8;
  }
  return 0;
}

void bring_into_use(std::span<std::byte> area, Component component, std::size_t start) {
  const std::uint64_t before = components_in_use(area);
  if ((before & bit_of(component)) != 0) return;
  const auto clear = [&](std::size_t from, std::size_t size) {
    std::ranges::fill(area.subspan(from, size), std::byte{0});
  };
  // MXCSR stands in the middle of the x87 part, and is in force when SSE or AVX is.
  constexpr std::uint64_t with_mxcsr = bit_of(Component::sse) | bit_of(Component::avx);
  if ((bit_of(component) & with_mxcsr) != 0 && (before & with_mxcsr) == 0) store(area, 24, initial_mxcsr);
  if (component == Component::x87) {
    clear(0, 24);
    clear(32, 128);
    store(area, 0, initial_control_word);
  } else if (component == Component::sse) {
    clear(160, 256);
  } else {
    clear(start, component_size(component));
  }
  store(area, state_bits_offset, before | bit_of(component));
}

std::uint16_t full_tag_word(std::span<const std::byte> legacy_area) {
  const auto status = load<std::uint16_t>(legacy_area, 2);
  const auto in_use = load<std::uint8_t>(legacy_area, 4);
  const unsigned top = (status >> 11) & 7u;
  unsigned word = 0;
  for (unsigned physical = 0; physical < 8; ++physical) {
    unsigned tag = 3;
    if ((in_use >> physical & 1) != 0) {
      // The image has them in stack order, st0 first; the tags are in physical order.
      const std::size_t at = 32 + std::size_t{16} * ((physical - top) & 7u);
      tag = tag_of(load<std::uint64_t>(legacy_area, at), load<std::uint16_t>(legacy_area, at + 8));
    }
    word |= tag << (2 * physical);
  }
  return static_cast<std::uint16_t>(word);
}

std::uint8_t abridged_tag_word(std::uint16_t full) {
  unsigned word = 0;
  for (unsigned i = 0; i < 8; ++i) word |= static_cast<unsigned>((full >> (2 * i) & 3) != 3) << i;
  return static_cast<std::uint8_t>(word);
}

}  // namespace cotrace::arch::x86_64
