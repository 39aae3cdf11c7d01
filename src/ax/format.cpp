#include "ax/format.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/hex.h"

namespace cotrace::ax {

namespace {

using Conversion = Format::Conversion;

// Widths beyond what the output may hold make no sense, and would make overflow possible.
constexpr std::size_t max_width = max_output;

// Reads a format string from left to right. '\0' at the end.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  [[nodiscard]] bool done() const { return at_ == text_.size(); }
  [[nodiscard]] char peek() const { return done() ? '\0' : text_[at_]; }
  char take() { return done() ? '\0' : text_[at_++]; }
  bool eat(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

 private:
  std::string_view text_;
  std::size_t at_{0};
};

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

Result<char> read_escape(Reader& in) {
  if (is_octal(in.peek())) {
    unsigned value = 0;
    for (int digits = 0; digits < 3 && is_octal(in.peek()); ++digits) {
      value = value * 8 + static_cast<unsigned>(in.take() - '0');
    }
    return static_cast<char>(value);
  }
  constexpr std::string_view letters = "ntr\\\"abefv'?";
  constexpr std::string_view values = "\n\t\r\\\"\a\b\x1b\f\v'?";
  const auto index = letters.find(in.take());
  if (index == std::string_view::npos) return fail(Errc::invalid, "unknown escape in a format string");
  return values[index];
}

Result<std::size_t> read_count(Reader& in) {
  std::size_t value = 0;
  while (in.peek() >= '0' && in.peek() <= '9') {
    value = value * 10 + static_cast<std::size_t>(in.take() - '0');
    if (value > max_width) return fail(Errc::invalid, "a width in a format string is too large");
  }
  return value;
}

void read_flags(Reader& in, Conversion& out) {
  for (;;) {
    if (in.eat("-")) {
      out.left = true;
    } else if (in.eat("+")) {
      out.plus = true;
    } else if (in.eat(" ")) {
      out.space = true;
    } else if (in.eat("#")) {
      out.alternate = true;
    } else if (in.eat("0")) {
      out.zero = true;
    } else {
      return;
    }
  }
}

unsigned read_length(Reader& in) {
  constexpr std::array<std::pair<std::string_view, unsigned>, 7> lengths = {
      {{"hh", 8}, {"h", 16}, {"ll", 64}, {"l", 64}, {"z", 64}, {"j", 64}, {"t", 64}}};
  for (const auto& [word, bits] : lengths) {
    if (in.eat(word)) return bits;
  }
  return 32;
}

Result<Conversion> read_conversion(Reader& in) {
  Conversion out;
  read_flags(in, out);
  const auto width = read_count(in);
  if (!width) return std::unexpected(width.error());
  out.width = *width;
  if (in.eat(".")) {
    const auto precision = read_count(in);
    if (!precision) return std::unexpected(precision.error());
    out.precision = *precision;
  }
  out.bits = read_length(in);
  out.letter = in.take();
  constexpr std::string_view known = "diuoxXcsp";
  if (out.letter == '\0' || !known.contains(out.letter)) {
    return fail(Errc::unsupported, "a conversion of the format string is not supported");
  }
  return out;
}

std::uint64_t cut(std::uint64_t value, unsigned bits) {
  return bits >= 64 ? value : value & ((std::uint64_t{1} << bits) - 1);
}

// The digits without sign, prefix, padding.
std::string digits_of(std::uint64_t value, unsigned base, bool upper) {
  constexpr std::string_view lower_digits = "0123456789abcdef";
  constexpr std::string_view upper_digits = "0123456789ABCDEF";
  std::string out;
  do {
    out += (upper ? upper_digits : lower_digits)[value % base];
    value /= base;
  } while (value != 0);
  std::ranges::reverse(out);
  return out;
}

std::string padded(const Conversion& how, const std::string& prefix, const std::string& body,
                   bool zeros_allowed) {
  const std::size_t size = prefix.size() + body.size();
  const std::size_t missing = how.width > size ? how.width - size : 0;
  if (how.left) return prefix + body + std::string(missing, ' ');
  if (how.zero && zeros_allowed) return prefix + std::string(missing, '0') + body;
  return std::string(missing, ' ') + prefix + body;
}

std::string render_number(const Conversion& how, const std::string& prefix, std::string digits) {
  if (how.precision) {
    if (*how.precision == 0 && digits == "0") digits.clear();
    if (digits.size() < *how.precision) digits.insert(0, *how.precision - digits.size(), '0');
  }
  return padded(how, prefix, digits, !how.precision);
}

std::string render_signed(const Conversion& how, std::uint64_t argument) {
  const auto value = cut(argument, how.bits);
  const bool negative = (value >> (how.bits - 1) & 1U) != 0;
  const auto magnitude = negative ? cut(0 - value, how.bits) : value;
  const std::string sign = negative ? "-" : how.plus ? "+" : how.space ? " " : "";
  return render_number(how, sign, digits_of(magnitude, 10, false));
}

std::string render_unsigned(const Conversion& how, std::uint64_t argument) {
  const auto value = cut(argument, how.bits);
  const bool prefixed = how.alternate && value != 0;
  switch (how.letter) {
    case 'o':
      return render_number(how, prefixed ? "0" : "", digits_of(value, 8, false));
    case 'x':
      return render_number(how, prefixed ? "0x" : "", digits_of(value, 16, false));
    case 'X':
      return render_number(how, prefixed ? "0X" : "", digits_of(value, 16, true));
    default:
      return render_number(how, "", digits_of(value, 10, false));
  }
}

std::string render_string(const Conversion& how, std::uint64_t address, const Format::ReadString& read) {
  auto text = address == 0 ? std::optional<std::string>("(null)") : read(address);
  if (!text) text = "<cannot access memory at 0x" + digits_of(address, 16, false) + ">";
  if (how.precision) text->resize(std::min(text->size(), *how.precision));
  return padded(how, "", *text, false);
}

std::string render_one(const Conversion& how, std::uint64_t argument, const Format::ReadString& read) {
  switch (how.letter) {
    case 'd':
    case 'i':
      return render_signed(how, argument);
    case 'c':
      return padded(how, "", std::string(1, static_cast<char>(argument)), false);
    case 's':
      return render_string(how, argument, read);
    case 'p':
      return padded(how, "0x", digits_of(argument, 16, false), true);
    default:
      return render_unsigned(how, argument);
  }
}

}  // namespace

Result<Format> Format::parse(std::string_view text) {
  Format out;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) out.pieces_.emplace_back(std::exchange(literal, {}));
  };
  Reader in(text);
  while (!in.done()) {
    const char c = in.take();
    if (c == '\\') {
      const auto escaped = read_escape(in);
      if (!escaped) return std::unexpected(escaped.error());
      literal += *escaped;
    } else if (c != '%') {
      literal += c;
    } else if (in.eat("%")) {
      literal += '%';
    } else {
      const auto conversion = read_conversion(in);
      if (!conversion) return std::unexpected(conversion.error());
      flush();
      out.pieces_.emplace_back(*conversion);
    }
  }
  flush();
  return out;
}

std::size_t Format::argument_count() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(pieces_, [](const auto& p) { return std::holds_alternative<Conversion>(p); }));
}

std::string Format::render(std::span<const std::uint64_t> arguments, const ReadString& read_string) const {
  std::string out;
  std::size_t next = 0;
  for (const auto& piece : pieces_) {
    if (const auto* literal = std::get_if<std::string>(&piece)) {
      out += *literal;
    } else if (const auto* conversion = std::get_if<Conversion>(&piece)) {
      out += render_one(*conversion, arguments[next++], read_string);
    }
    if (out.size() >= max_output) break;
  }
  out.resize(std::min(out.size(), max_output));
  return out;
}

}  // namespace cotrace::ax
