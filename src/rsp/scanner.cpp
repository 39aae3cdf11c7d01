#include "rsp/scanner.h"

#include <algorithm>
#include <charconv>

#include "base/hex.h"

namespace cotrace::rsp {

bool Scanner::eat(char c) {
  if (!text_.starts_with(c)) return false;
  text_.remove_prefix(1);
  return true;
}

bool Scanner::eat(std::string_view word) {
  if (!text_.starts_with(word)) return false;
  text_.remove_prefix(word.size());
  return true;
}

std::optional<std::uint64_t> Scanner::number(std::uint64_t max) {
  const auto end = std::ranges::find_if(text_, [](char c) { return base::hex_digit(c) < 0; });
  const auto digits = text_.substr(0, static_cast<std::size_t>(end - text_.begin()));
  const auto value = base::number_from_hex(digits);
  if (!value || *value > max) return std::nullopt;
  text_.remove_prefix(digits.size());
  return value;
}

std::string_view Scanner::until(char separator) {
  const auto end = text_.find(separator);
  const auto part = text_.substr(0, end);
  text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
  return part;
}

std::optional<std::string_view> Scanner::take(std::uint64_t count) {
  if (count > text_.size()) return std::nullopt;
  const auto part = text_.substr(0, static_cast<std::size_t>(count));
  text_.remove_prefix(part.size());
  return part;
}

std::string_view Scanner::rest() {
  const auto part = text_;
  text_ = {};
  return part;
}

std::vector<std::byte> to_bytes(std::string_view text) {
  const auto bytes = std::as_bytes(std::span{text});
  return {bytes.begin(), bytes.end()};
}

std::optional<bool> parse_switch(std::string_view text) {
  if (text == "0") return false;
  if (text == "1") return true;
  return std::nullopt;
}

std::optional<std::uint32_t> parse_decimal(std::string_view text) {
  std::uint32_t number = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto read = std::from_chars(begin, end, number);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return number;
}

std::optional<std::string> parse_hex_text(std::string_view hex) {
  auto text = base::text_from_hex(hex);
  if (!text || text->contains('\0')) return std::nullopt;
  return text;
}

}  // namespace cotrace::rsp
