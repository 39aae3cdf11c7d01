#include "engines/syscall_log/text.h"

#include <algorithm>
#include <climits>
#include <vector>

namespace cotrace::engines::syscall_log {

namespace {

// Whoever asks for longer strings than that gets memory's own limits.
constexpr std::uint64_t longest = std::uint64_t{16} << 20;
constexpr std::size_t page = 4096;

std::string bytes_at(Printer& to, std::uint64_t address, std::uint64_t length) {
  std::string bytes(std::min(length, longest), '\0');
  bytes.resize(to.read(address, std::as_writable_bytes(std::span(bytes.data(), bytes.size()))));
  return bytes;
}

struct CString {
  std::string text;
  bool complete{false};  // its NUL was found within `limit` bytes
  bool readable{false};
};

// Page by page, as what lies behind the string may not be there.
CString c_string_at(Printer& to, std::uint64_t address, std::size_t limit) {
  CString out;
  while (out.text.size() <= limit) {
    const std::uint64_t at = address + out.text.size();
    const auto wanted = std::min<std::uint64_t>(page - at % page, limit + 1 - out.text.size());
    const std::string part = bytes_at(to, at, wanted);
    if (part.empty()) break;
    out.readable = true;
    const auto end = part.find('\0');
    out.text.append(part, 0, end);
    if (end != std::string::npos) {
      out.complete = true;
      break;
    }
    if (part.size() < wanted) break;
  }
  return out;
}

std::string c_string_text(Printer& to, std::uint64_t address, std::size_t limit) {
  if (address == 0) return "NULL";
  CString string = c_string_at(to, address, limit);
  if (!string.readable) return address_text(address);
  if (string.complete && string.text.size() <= limit) return quoted(string.text);
  if (string.text.size() > limit) string.text.resize(limit);
  return quoted(string.text) + "...";
}

// That would be taken for a part of the octal number before it.
bool is_octal_digit(char c) {
  return c >= '0' && c <= '7';
}

void append_escaped(std::string& out, unsigned char c, bool digit_follows) {
  switch (c) {
    case '"':
    case '\\':
      out += '\\';
      out += static_cast<char>(c);
      return;
    case '\t':
      out += "\\t";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\v':
      out += "\\v";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      break;
  }
  if (c >= ' ' && c <= '~') {
    out += static_cast<char>(c);
  } else if (digit_follows) {
    out += fmt::format("\\{:03o}", c);
  } else {
    out += fmt::format("\\{:o}", c);
  }
}

}  // namespace

std::string quoted(std::string_view bytes) {
  std::string out = "\"";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool digit_follows = i + 1 < bytes.size() && is_octal_digit(bytes[i + 1]);
    append_escaped(out, static_cast<unsigned char>(bytes[i]), digit_follows);
  }
  return out + "\"";
}

std::string quoted_hexadecimal(std::string_view bytes) {
  std::string out = "\"";
  for (const char c : bytes) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return out + "\"";
}

std::string address_text(std::uint64_t address) {
  return address == 0 ? "NULL" : fmt::format("{:#x}", address);
}

std::string bytes_text(Printer& to, std::uint64_t address, std::uint64_t length) {
  if (address == 0) return "NULL";
  const auto shown = std::min<std::uint64_t>(length, to.style().string_limit);
  const std::string bytes = bytes_at(to, address, shown);
  if (bytes.size() < shown) return address_text(address);
  return quoted(bytes) + (shown < length ? "..." : "");
}

std::string string_text(Printer& to, std::uint64_t address) {
  return c_string_text(to, address, to.style().string_limit);
}

std::string path_text(Printer& to, std::uint64_t address) {
  return c_string_text(to, address, PATH_MAX - 1);
}

std::string string_array_text(Printer& to, std::uint64_t address) {
  if (address == 0) return "NULL";
  std::string out = "[";
  for (std::uint64_t at = address;; at += sizeof(std::uint64_t)) {
    const auto pointer = to.read<std::uint64_t>(at);
    if (!pointer && at == address) return address_text(address);
    const char* separator = at == address ? "" : ", ";
    if (!pointer) return out + fmt::format("{}... /* {:#x} */]", separator, at);
    if (*pointer == 0) return out + "]";
    if (to.style().abbreviate && (at - address) / sizeof(std::uint64_t) >= to.style().string_limit)
      return out + separator + "...]";
    out += separator;
    out += string_text(to, *pointer);
  }
}

std::string environment_text(Printer& to, std::uint64_t address) {
  if (address == 0) return "NULL";
  if (!to.style().abbreviate) return string_array_text(to, address);
  std::uint64_t count = 0;
  while (true) {
    const auto pointer = to.read<std::uint64_t>(address + count * sizeof(std::uint64_t));
    if (!pointer) return fmt::format("{:#x} /* {} vars, unterminated */", address, count);
    if (*pointer == 0) break;
    ++count;
  }
  return fmt::format("{:#x} /* {} var{} */", address, count, count == 1 ? "" : "s");
}

}  // namespace cotrace::engines::syscall_log
