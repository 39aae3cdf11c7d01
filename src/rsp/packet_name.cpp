#include "rsp/packet_name.h"

#include <algorithm>
#include <cstddef>

#include "base/hex.h"

namespace cotrace::rsp {

namespace {

constexpr std::string_view separators = ":,;";
constexpr std::string_view thread_stop_info = "qThreadStopInfo";

bool is_hex(char c) {
  return base::hex_digit(c) >= 0;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// May `c` be the first character after the letter of a single-letter packet?
bool begins_arguments(char letter, char c) {
  switch (letter) {
    case 'H':
      return c == 'g' || c == 'c';
    case 'T':
      return is_hex(c) || c == 'p' || c == '-';
    case 'G':
    case 'p':
    case 'P':
    case 'm':
    case 'M':
    case 'x':
    case 'X':
    case 'c':
    case 'C':
    case 's':
    case 'S':
    case 'R':
      return is_hex(c);
    case 'Z':
    case 'z':
      return is_hex(c);
    default:
      return false;
  }
}

// A name of several letters that shares only its first one with a packet of one letter. Damaged arguments
// ("m-1,4", "T12x") have something else than letters in them.
bool is_word(std::string_view word) {
  if (word.size() < 2) return false;
  if (!std::ranges::all_of(word.substr(1), [](char c) { return is_letter(c) || c == '_' || c == '?'; })) {
    return false;
  }
  return !begins_arguments(word[0], word[1]);
}

// Cuts one more word off the arguments.
PacketName extended(std::string_view payload, PacketName found) {
  const auto start = static_cast<std::size_t>(found.arguments.data() - payload.data());
  const auto end = payload.find(':', start);
  if (end == std::string_view::npos) return {payload, payload.substr(payload.size())};
  return {payload.substr(0, end), payload.substr(end + 1)};
}

}  // namespace

PacketName split_name(std::string_view payload) {
  if (payload.empty()) return {};
  const auto end = payload.find_first_of(separators);
  const auto word = payload.substr(0, end);
  const bool long_names = payload[0] == 'q' || payload[0] == 'Q' || payload[0] == 'v';
  // lldb's _M and _m.
  if (payload[0] == '_')
    return {payload.substr(0, 2), payload.substr(std::min<std::size_t>(2, payload.size()))};
  if (!long_names && !is_word(word)) return {payload.substr(0, 1), payload.substr(1)};
  if (word.starts_with(thread_stop_info)) return {thread_stop_info, payload.substr(thread_stop_info.size())};
  if (end == std::string_view::npos) return {word, {}};
  PacketName found{word, payload.substr(end + 1)};
  if (word == "vFile" || word == "qSearch") return extended(payload, found);
  if (word == "qXfer") return extended(payload, extended(payload, found));
  return found;
}

}  // namespace cotrace::rsp
