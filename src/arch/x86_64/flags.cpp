#include "arch/x86_64/flags.h"

#include <bit>

namespace cotrace::arch::x86_64::flags {

namespace {

std::uint64_t mask_of(unsigned bits) {
  return ~std::uint64_t{0} >> (64 - bits);
}

std::uint64_t when(bool set, std::uint64_t flag) {
  return set ? flag : 0;
}

bool top_bit(std::uint64_t value, unsigned bits) {
  return (value >> (bits - 1) & 1) != 0;
}

std::uint64_t of_result(std::uint64_t value, unsigned bits) {
  return when(value == 0, zero) | when(top_bit(value, bits), sign) |
         when(std::popcount(value & 0xff) % 2 == 0, parity);
}

}  // namespace

Outcome add(std::uint64_t a, std::uint64_t b, unsigned bits) {
  const std::uint64_t sum = (a + b) & mask_of(bits);
  return {sum, of_result(sum, bits) | when(sum < a, carry) |
                   when(top_bit((a ^ sum) & (b ^ sum), bits), overflow) | ((a ^ b ^ sum) & adjust)};
}

Outcome subtract(std::uint64_t a, std::uint64_t b, unsigned bits) {
  const std::uint64_t difference = (a - b) & mask_of(bits);
  return {difference, of_result(difference, bits) | when(a < b, carry) |
                          when(top_bit((a ^ b) & (a ^ difference), bits), overflow) |
                          ((a ^ b ^ difference) & adjust)};
}

Outcome logic(std::uint64_t result, unsigned bits) {
  return {result, of_result(result, bits)};
}

bool condition(unsigned code, std::uint64_t eflags) {
  const auto is_set = [&](std::uint64_t flag) { return (eflags & flag) != 0; };
  const bool less = is_set(sign) != is_set(overflow);
  bool holds = false;
  switch (code >> 1 & 7) {
    case 0:
      holds = is_set(overflow);
      break;
    case 1:
      holds = is_set(carry);
      break;
    case 2:
      holds = is_set(zero);
      break;
    case 3:
      holds = is_set(carry) || is_set(zero);
      break;
    case 4:
      holds = is_set(sign);
      break;
    case 5:
      holds = is_set(parity);
      break;
    case 6:
      holds = less;
      break;
    default:
      holds = less || is_set(zero);
      break;
  }
  return holds != ((code & 1) != 0);  // the odd ones are the opposites
}

}  // namespace cotrace::arch::x86_64::flags
