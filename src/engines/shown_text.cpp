#include "engines/shown_text.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace cotrace::engines {

namespace {

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

bool plain_word(std::string_view word) {
  constexpr std::string_view safe =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=/.,:@%^~";
  return !word.empty() && std::ranges::all_of(word, [&](char c) {
    return safe.contains(c) || static_cast<unsigned char>(c) >= 0x80;
  });
}

std::string quoted(std::string_view word) {
  if (plain_word(word)) return std::string(word);
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string harmless(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    // U+0080 to U+009F, in UTF-8: some terminals obey them.
    const bool control_above_ascii =
        c == 0xC2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0;
    if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20 || c == 0x7F || control_above_ascii) {
      out += fmt::format("\\x{:02x}", c);
    } else {
      out += text[at];
    }
  }
  return out;
}

std::string shown_command(const std::vector<std::string>& words, std::size_t most) {
  std::string out;
  for (const auto& word : words) {
    if (!out.empty()) out += ' ';
    out += quoted(word);
    if (out.size() > most) break;
  }
  out = harmless(out);
  if (out.size() <= most) return out;
  std::size_t end = most;
  while (end > 0 && continues_character(out[end])) --end;
  return out.substr(0, end) + "...";
}

std::string clipped(std::string_view text, std::size_t width) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (continues_character(text[at])) continue;
    if (columns++ == width) return std::string(text.substr(0, at));
  }
  return std::string(text);
}

std::string shown_time(std::chrono::microseconds time) {
  const double seconds = std::chrono::duration<double>(time).count();
  if (seconds < 100) return fmt::format("{:.3f}s", seconds);
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  return fmt::format("{}h{:02}m", whole / 3600, whole / 60 % 60);
}

std::string shown_size(std::uint64_t bytes) {
  constexpr auto units = std::to_array({'K', 'M', 'G', 'T'});
  if (bytes < 1024) return fmt::format("{}B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  return fmt::format("{:.1f}{}", value, units.at(unit));
}

}  // namespace cotrace::engines
