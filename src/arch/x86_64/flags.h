// The status flags of the simple arithmetic instructions (Intel SDM vol. 1, 3.4.3.1).
#pragma once

#include <cstdint>

namespace cotrace::arch::x86_64::flags {

inline constexpr std::uint64_t carry = 1u << 0;
inline constexpr std::uint64_t parity = 1u << 2;
inline constexpr std::uint64_t adjust = 1u << 4;
inline constexpr std::uint64_t zero = 1u << 6;
inline constexpr std::uint64_t sign = 1u << 7;
inline constexpr std::uint64_t trap = 1u << 8;
inline constexpr std::uint64_t overflow = 1u << 11;
inline constexpr std::uint64_t resume = 1u << 16;
inline constexpr std::uint64_t alignment = 1u << 18;
inline constexpr std::uint64_t status = carry | parity | adjust | zero | sign | overflow;

struct Outcome {
  std::uint64_t value;
  std::uint64_t flags;  // the status flags, all six
};

// `bits` is 8, 16, 32 or 64; the operands have no bits above it.
Outcome add(std::uint64_t a, std::uint64_t b, unsigned bits);
Outcome subtract(std::uint64_t a, std::uint64_t b, unsigned bits);
// Flags of and, or, xor and test: AF is "undefined" in the manuals; every x86-64 processor clears it, which
// the tests check.
Outcome logic(std::uint64_t result, unsigned bits);

// The condition of jcc, by the low four bits of its opcode.
bool condition(unsigned code, std::uint64_t eflags);

}  // namespace cotrace::arch::x86_64::flags
