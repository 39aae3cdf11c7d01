// Arrays of struct iovec, of which readv(2), sendmsg(2) and their like take their bytes.
#pragma once

#include <cstdint>
#include <string>

#include "engines/syscall_log/printer.h"

namespace cotrace::engines::syscall_log {

// [{iov_base="hi", iov_len=2}, ...]. Of the bytes only the first `length` are the call's.
std::string vectors_text(Printer& to, std::uint64_t address, std::uint64_t count, std::uint64_t length);
inline constexpr std::uint64_t whole_length = ~std::uint64_t{0};

// The next argument is their number.
void print_vectors_in(Printer& to, unsigned index);
void print_vectors_out(Printer& to, unsigned index);
void print_vectors_there(Printer& to, unsigned index);  // in another process: addresses only
namespace words {
inline constexpr Argument vectors_in{print_vectors_in};
inline constexpr Argument vectors_out{print_vectors_out, When::exit};
inline constexpr Argument vectors_there{print_vectors_there};
}  // namespace words

}  // namespace cotrace::engines::syscall_log
