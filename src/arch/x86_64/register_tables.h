// The rows from which the register layout and the target description are made.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "arch/x86_64/registers.h"

namespace cotrace::arch::x86_64 {

// The state components of XSAVE (Intel SDM vol. 1, 13.1) that registers live in.
enum class Component : std::uint8_t {
  none = 63,  // not in the XSAVE area
  x87 = 0,
  sse = 1,
  avx = 2,
  opmask = 5,
  zmm_hi256 = 6,  // upper halves of zmm0-15
  hi16_zmm = 7,   // zmm16-31
  pkru = 9,
};

enum class Storage : std::uint8_t {
  general,              // a 64-bit field of user_regs_struct; a shorter register is its low part
  general_sign_extend,  // the same, but a written value is sign-extended to the field
  xstate,               // bytes of the XSAVE area, zero-extended to the register's size
  control_word,         // the same; initially 037FH
  tag_word,             // the x87 tag word, which the area holds in abridged form
  mxcsr,                // in the legacy area, but it belongs to SSE and AVX alike
};

struct RegisterPlace {
  Storage storage{Storage::general};
  Component component{Component::none};
  std::uint16_t stored{8};  // bytes at `offset`
  std::uint32_t offset{0};  // in user_regs_struct or in the XSAVE area
};

struct RegisterRow {
  std::string_view name;  // static storage, as all the names here
  std::string_view feature;
  std::string_view type;   // of the target description
  std::string_view group;  // "" where gdb's default is right
  std::uint16_t bits;
  RegisterPlace place;
};

// In the order of the target description.
std::vector<RegisterRow> register_rows(Mode mode, const XsaveLayout& xsave);

}  // namespace cotrace::arch::x86_64
