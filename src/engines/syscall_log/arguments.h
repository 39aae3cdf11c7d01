// The words that most rows of the call tables are made of.
#pragma once

#include <string>

#include "engines/syscall_log/printer.h"

namespace cotrace::engines::syscall_log {

// --- plain values
void print_number(Printer& to, unsigned index);       // 32 bits, signed
void print_unsigned(Printer& to, unsigned index);     // 32 bits
void print_long(Printer& to, unsigned index);         // 64 bits, signed
void print_size(Printer& to, unsigned index);         // 64 bits, unsigned
void print_hexadecimal(Printer& to, unsigned index);  // 64 bits, 0 as 0
void print_hexadecimal_32(Printer& to, unsigned index);
void print_address(Printer& to, unsigned index);    // 0 as NULL
void print_mode(Printer& to, unsigned index);       // 0644
void print_file_mode(Printer& to, unsigned index);  // S_IFCHR|0644
void print_id(Printer& to, unsigned index);         // of a user or group; all ones as -1
void print_device(Printer& to, unsigned index);     // makedev(0x8, 0x1)

namespace words {
inline constexpr Argument number{print_number};
inline constexpr Argument unsigned_number{print_unsigned};
inline constexpr Argument long_number{print_long};
inline constexpr Argument size{print_size};
inline constexpr Argument hexadecimal{print_hexadecimal};
inline constexpr Argument hexadecimal_32{print_hexadecimal_32};
inline constexpr Argument address{print_address};
inline constexpr Argument mode{print_mode};
inline constexpr Argument file_mode{print_file_mode};
inline constexpr Argument id{print_id};
inline constexpr Argument device{print_device};
inline constexpr Argument process{print_number};
// The higher half of an offset, say, which means something to 32-bit programs only.
inline constexpr Argument hidden{print_hexadecimal, When::never};
}  // namespace words

// --- descriptors
std::string descriptor_text(Printer& to, std::int32_t descriptor);
std::string directory_text(Printer& to, std::int32_t descriptor);  // may be AT_FDCWD
void print_descriptor(Printer& to, unsigned index);
void print_directory(Printer& to, unsigned index);
void print_descriptor_pair(Printer& to, unsigned index);

namespace words {
inline constexpr Argument descriptor{print_descriptor};
inline constexpr Argument directory{print_directory};
inline constexpr Argument descriptor_pair_out{print_descriptor_pair, When::exit};
}  // namespace words

// --- strings and buffers
void print_path(Printer& to, unsigned index);
void print_string(Printer& to, unsigned index);
void print_string_array(Printer& to, unsigned index);
void print_environment(Printer& to, unsigned index);
// The next argument is its length.
void print_buffer_in(Printer& to, unsigned index);
// The result is its length.
void print_buffer_out(Printer& to, unsigned index);
void print_random_out(Printer& to, unsigned index);
// A string that the kernel has written, NUL and all.
void print_path_out(Printer& to, unsigned index);

namespace words {
inline constexpr Argument path{print_path};
inline constexpr Argument string{print_string};
inline constexpr Argument string_array{print_string_array};
inline constexpr Argument environment{print_environment};
inline constexpr Argument buffer_in{print_buffer_in};
inline constexpr Argument buffer_out{print_buffer_out, When::exit};
inline constexpr Argument random_out{print_random_out, When::exit};
inline constexpr Argument path_out{print_path_out, When::exit};
}  // namespace words

// --- numbers in memory: [3]
void print_number_at(Printer& to, unsigned index);
void print_unsigned_at(Printer& to, unsigned index);
void print_long_at(Printer& to, unsigned index);
void print_hexadecimal_at(Printer& to, unsigned index);
void print_id_at(Printer& to, unsigned index);

namespace words {
inline constexpr Argument number_in{print_number_at};
inline constexpr Argument number_out{print_number_at, When::exit};
inline constexpr Argument unsigned_out{print_unsigned_at, When::exit};
inline constexpr Argument offset_in{print_long_at};
inline constexpr Argument offset_out{print_long_at, When::exit};
inline constexpr Argument hexadecimal_out{print_hexadecimal_at, When::exit};
inline constexpr Argument id_out{print_id_at, When::exit};
}  // namespace words

// The address of what the kernel would have written, where it has not: the call failed, or nothing is there.
// True if that is what was to be printed.
bool print_unwritten(Printer& to, unsigned index);

// What a kernel-written object looks like as text; its address where the call has failed.
template <class Type, std::string (*Text)(Printer&, const Type&)>
void print_object_out(Printer& to, unsigned index) {
  if (print_unwritten(to, index)) return;
  const auto object = to.read<Type>(to.call.args[index]);
  object ? to.text(Text(to, *object)) : print_address(to, index);
}
template <class Type, std::string (*Text)(Printer&, const Type&)>
void print_object_in(Printer& to, unsigned index) {
  const auto object = to.read<Type>(to.call.args[index]);
  object ? to.text(Text(to, *object)) : print_address(to, index);
}
namespace words {
template <class Type, std::string (*Text)(Printer&, const Type&)>
inline constexpr Argument object_out{print_object_out<Type, Text>, When::exit};
template <class Type, std::string (*Text)(Printer&, const Type&)>
inline constexpr Argument object_in{print_object_in<Type, Text>};
}  // namespace words

// "S_IFREG|0644"
std::string file_mode_text(std::uint32_t mode);
// "makedev(0x8, 0x1)"
std::string device_text(std::uint64_t device);
// All ones is -1.
std::string id_text(std::uint32_t id);

}  // namespace cotrace::engines::syscall_log
