#include "rsp/framing.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/hex.h"
#include "rsp/escape.h"

namespace cotrace::rsp {

namespace {

constexpr char interrupt = '\x03';

std::uint8_t checksum(std::string_view payload) {
  unsigned sum = 0;
  for (char c : payload) sum += static_cast<unsigned char>(c);
  return static_cast<std::uint8_t>(sum);
}

std::string framed(char start, std::string_view payload) {
  constexpr std::string_view digits = "0123456789abcdef";
  const unsigned sum = checksum(payload);
  std::string out;
  out.reserve(payload.size() + 4);
  out += start;
  out += payload;
  out += '#';
  out += digits[sum >> 4];
  out += digits[sum & 15U];
  return out;
}

// A run of n more characters is written as the character n + 29. The counts 6 and 7 would be '#' and '$'; 14
// and 16
// ('+', '-') are legal within a packet, but left out lest a client that looks for acks in the stream
// stumbles.
bool count_usable(std::size_t repeats) {
  const char c = static_cast<char>(repeats + 29);
  return c != '#' && c != '$' && c != '+' && c != '-';
}

constexpr std::size_t min_repeats = 3;   // below, a run length saves nothing
constexpr std::size_t max_repeats = 97;  // the character '~'

std::size_t usable_repeats(std::size_t repeats) {
  repeats = std::min(repeats, max_repeats);
  while (!count_usable(repeats)) --repeats;
  return repeats;
}

}  // namespace

Framer::Framer(std::size_t limit) : limit_(limit) {}

void Framer::feed(std::string_view bytes) {
  // What has been looked at goes here and not in next(): once for each read, however many packets it held.
  input_.erase(0, position_);
  position_ = 0;
  input_ += bytes;
}

std::optional<Incoming> Framer::next() {
  while (position_ < input_.size()) {
    const char c = input_[position_++];
    switch (place_) {
      case Place::between:
        if (auto item = between(c)) return item;
        break;
      case Place::payload:
        payload(c);
        break;
      case Place::first_digit:
        first_digit_ = c;
        place_ = Place::second_digit;
        break;
      case Place::second_digit:
        return finish(c);
    }
  }
  return std::nullopt;
}

std::optional<Incoming> Framer::between(char c) {
  switch (c) {
    case '$':
      start();
      return std::nullopt;
    case '+':
      return incoming::Ack{};
    case '-':
      return incoming::Nack{};
    case interrupt:
      return incoming::Interrupt{};
    default:
      return std::nullopt;
  }
}

void Framer::start() {
  place_ = Place::payload;
  packet_.clear();
  overlong_ = false;
}

void Framer::payload(char c) {
  if (c == '$') {
    // The client gave up in the middle and begins anew; in binary data this byte comes escaped.
    start();
  } else if (c == '#') {
    place_ = Place::first_digit;
  } else if (packet_.size() < limit_) {
    packet_ += c;
  } else {
    overlong_ = true;
  }
}

Incoming Framer::finish(char second_digit) {
  place_ = Place::between;
  const auto packet = std::exchange(packet_, {});
  // Its checksum cannot be known any more. It is answered all the same, or the client would wait.
  if (overlong_) return incoming::Overlong{};
  const int high = base::hex_digit(first_digit_);
  const int low = base::hex_digit(second_digit);
  if (high < 0 || low < 0 || (high << 4 | low) != checksum(packet)) {
    return incoming::BadChecksum{unescape(packet)};
  }
  return incoming::Packet{unescape(packet)};
}

std::string frame(std::string_view payload) {
  return framed('$', payload);
}

std::string frame_notification(std::string_view payload) {
  return framed('%', payload);
}

std::string run_length_encode(std::string_view payload) {
  std::string out;
  out.reserve(payload.size());
  for (std::size_t i = 0; i < payload.size();) {
    const char c = payload[i];
    // "}x" is one thing: a run must neither begin at its '}' nor go on from its x, which stands for another
    // byte.
    if (c == '}' && i + 1 < payload.size()) {
      out += payload.substr(i, 2);
      i += 2;
      continue;
    }
    const auto end = payload.find_first_not_of(c, i + 1);
    const std::size_t repeats = (end == std::string_view::npos ? payload.size() : end) - i - 1;
    out += c;
    ++i;
    if (repeats < min_repeats) continue;
    const std::size_t taken = usable_repeats(repeats);
    out += '*';
    out += static_cast<char>(taken + 29);
    i += taken;
  }
  return out;
}

}  // namespace cotrace::rsp
