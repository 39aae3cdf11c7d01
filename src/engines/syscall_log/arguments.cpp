#include "engines/syscall_log/arguments.h"

#include <array>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "engines/syscall_log/flag_tables.h"
#include "engines/syscall_log/names.h"
#include "engines/syscall_log/text.h"

namespace cotrace::engines::syscall_log {

namespace {

std::int32_t as_int(std::uint64_t value) {
  return static_cast<std::int32_t>(value);
}

std::string target_text(Printer& to, std::int32_t descriptor) {
  std::optional<std::string> target;
  switch (to.style().descriptors) {
    case Style::Descriptors::numbers:
      break;
    case Style::Descriptors::paths:
      target = to.descriptors().target(descriptor);
      break;
    case Style::Descriptors::details:
      target = to.descriptors().detailed_target(descriptor);
      break;
  }
  return target ? "<" + *target + ">" : "";
}

template <class Type>
void print_at(Printer& to, unsigned index, fmt::format_string<Type> pattern) {
  if (print_unwritten(to, index)) return;
  const auto value = to.read<Type>(to.call.args[index]);
  value ? to.text(fmt::format(pattern, Type{*value})) : print_address(to, index);
}

}  // namespace

void print_number(Printer& to, unsigned index) {
  to.format("{}", as_int(to.call.args[index]));
}
void print_unsigned(Printer& to, unsigned index) {
  to.format("{}", static_cast<std::uint32_t>(to.call.args[index]));
}
void print_long(Printer& to, unsigned index) {
  to.format("{}", static_cast<std::int64_t>(to.call.args[index]));
}
void print_size(Printer& to, unsigned index) {
  to.format("{}", to.call.args[index]);
}
void print_hexadecimal(Printer& to, unsigned index) {
  to.call.args[index] == 0 ? to.text("0") : to.format("{:#x}", to.call.args[index]);
}
void print_hexadecimal_32(Printer& to, unsigned index) {
  const auto value = static_cast<std::uint32_t>(to.call.args[index]);
  value == 0 ? to.text("0") : to.format("{:#x}", value);
}
void print_address(Printer& to, unsigned index) {
  to.text(address_text(to.call.args[index]));
}
void print_mode(Printer& to, unsigned index) {
  to.format("0{:02o}", static_cast<std::uint16_t>(to.call.args[index]));
}
void print_file_mode(Printer& to, unsigned index) {
  to.text(file_mode_text(static_cast<std::uint32_t>(to.call.args[index])));
}
void print_id(Printer& to, unsigned index) {
  to.text(id_text(static_cast<std::uint32_t>(to.call.args[index])));
}
void print_device(Printer& to, unsigned index) {
  to.text(device_text(to.call.args[index]));
}

std::string descriptor_text(Printer& to, std::int32_t descriptor) {
  return fmt::format("{}{}", descriptor, target_text(to, descriptor));
}
std::string directory_text(Printer& to, std::int32_t descriptor) {
  if (descriptor == AT_FDCWD) return "AT_FDCWD" + target_text(to, descriptor);
  return descriptor_text(to, descriptor);
}
void print_descriptor(Printer& to, unsigned index) {
  to.text(descriptor_text(to, as_int(to.call.args[index])));
}
void print_directory(Printer& to, unsigned index) {
  to.text(directory_text(to, as_int(to.call.args[index])));
}
void print_descriptor_pair(Printer& to, unsigned index) {
  if (print_unwritten(to, index)) return;
  const auto pair = to.read<std::array<std::int32_t, 2>>(to.call.args[index]);
  if (!pair) return print_address(to, index);
  to.format("[{}, {}]", descriptor_text(to, (*pair)[0]), descriptor_text(to, (*pair)[1]));
}

void print_path(Printer& to, unsigned index) {
  to.text(path_text(to, to.call.args[index]));
}
void print_string(Printer& to, unsigned index) {
  to.text(string_text(to, to.call.args[index]));
}
void print_string_array(Printer& to, unsigned index) {
  to.text(string_array_text(to, to.call.args[index]));
}
void print_environment(Printer& to, unsigned index) {
  to.text(environment_text(to, to.call.args[index]));
}
void print_buffer_in(Printer& to, unsigned index) {
  to.text(bytes_text(to, to.call.args[index], to.call.args[index + 1]));
}
void print_buffer_out(Printer& to, unsigned index) {
  if (to.call.failed()) return print_address(to, index);
  to.text(bytes_text(to, to.call.args[index], static_cast<std::uint64_t>(to.call.result)));
}
void print_random_out(Printer& to, unsigned index) {
  if (to.call.failed()) return print_address(to, index);
  const auto length = static_cast<std::uint64_t>(to.call.result);
  std::string bytes(std::min<std::uint64_t>(length, to.style().string_limit), '\0');
  if (to.read(to.call.args[index], std::as_writable_bytes(std::span(bytes))) != bytes.size())
    return print_address(to, index);
  to.text(quoted_hexadecimal(bytes));
  if (bytes.size() < length) to.text("...");
}
void print_path_out(Printer& to, unsigned index) {
  if (!print_unwritten(to, index)) print_path(to, index);
}

void print_number_at(Printer& to, unsigned index) {
  print_at<std::int32_t>(to, index, "[{}]");
}
void print_unsigned_at(Printer& to, unsigned index) {
  print_at<std::uint32_t>(to, index, "[{}]");
}
void print_long_at(Printer& to, unsigned index) {
  print_at<std::int64_t>(to, index, "[{}]");
}
void print_hexadecimal_at(Printer& to, unsigned index) {
  print_at<std::uint64_t>(to, index, "[{:#x}]");
}
void print_id_at(Printer& to, unsigned index) {
  if (print_unwritten(to, index)) return;
  const auto value = to.read<std::uint32_t>(to.call.args[index]);
  value ? to.format("[{}]", id_text(*value)) : print_address(to, index);
}

bool print_unwritten(Printer& to, unsigned index) {
  if (to.call.args[index] != 0 && !(to.call.exiting && to.call.failed())) return false;
  print_address(to, index);
  return true;
}

std::string file_mode_text(std::uint32_t mode) {
  std::string out;
  if (const auto type = file_types.find(mode & S_IFMT); !type.empty()) out = fmt::format("{}|", type);
  if ((mode & S_ISUID) != 0) out += "S_ISUID|";
  if ((mode & S_ISGID) != 0) out += "S_ISGID|";
  if ((mode & S_ISVTX) != 0) out += "S_ISVTX|";
  return out +
         fmt::format("0{:02o}", mode & ~static_cast<std::uint32_t>(S_IFMT | S_ISUID | S_ISGID | S_ISVTX));
}

std::string device_text(std::uint64_t device) {
  const auto part = [](unsigned value) { return value == 0 ? "0" : fmt::format("{:#x}", value); };
  return fmt::format("makedev({}, {})", part(gnu_dev_major(device)), part(gnu_dev_minor(device)));
}

std::string id_text(std::uint32_t id) {
  return id == ~std::uint32_t{0} ? "-1" : fmt::format("{}", id);
}

}  // namespace cotrace::engines::syscall_log
