#include "rsp/framing.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/hex.h"
#include "rsp/escape.h"

namespace cotrace::rsp {

namespace {

constexpr char interrupt = '\x03';

// Eight sums side by side: the bytes of one word are added without a carry from one to the next.
std::uint64_t add_bytes(std::uint64_t sums, std::uint64_t bytes) {
  constexpr std::uint64_t top_bits = 0x8080808080808080;
  return ((sums & ~top_bits) + (bytes & ~top_bits)) ^ ((sums ^ bytes) & top_bits);
}

std::uint8_t checksum(std::string_view payload) {
  std::uint64_t sums = 0;
  for (; payload.size() >= sizeof sums; payload.remove_prefix(sizeof sums)) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, payload.data(), sizeof bytes);
    sums = add_bytes(sums, bytes);
  }
  unsigned sum = 0;
  for (; sums != 0; sums >>= 8) sum += sums & 0xff;
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
    if (place_ == Place::payload) {
      payload();
      continue;
    }
    const char c = input_[position_++];
    if (place_ == Place::second_digit) return finish(c);
    if (place_ == Place::first_digit) {
      first_digit_ = c;
      place_ = Place::second_digit;
    } else if (auto item = between(c)) {
      return item;
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

void Framer::payload() {
  const auto rest = std::string_view(input_).substr(position_);
  const auto* mark = std::ranges::find_if(rest, [](char c) { return c == '#' || c == '$'; });
  const auto piece = rest.substr(0, static_cast<std::size_t>(mark - rest.begin()));
  const std::size_t room = limit_ - packet_.size();
  packet_ += piece.substr(0, room);
  overlong_ = overlong_ || piece.size() > room;
  position_ += piece.size();
  if (mark == rest.end()) return;
  ++position_;
  if (*mark == '#') {
    place_ = Place::first_digit;
  } else {
    // The client gave up in the middle and begins anew; in binary data this byte comes escaped.
    start();
  }
}

Incoming Framer::finish(char second_digit) {
  place_ = Place::between;
  auto packet = std::exchange(packet_, {});
  // Its checksum cannot be known any more. It is answered all the same, or the client would wait.
  if (overlong_) return incoming::Overlong{};
  const int high = base::hex_digit(first_digit_);
  const int low = base::hex_digit(second_digit);
  const bool good = high >= 0 && low >= 0 && (high << 4 | low) == checksum(packet);
  if (packet.find('}') != std::string::npos) packet = unescape(packet);
  if (!good) return incoming::BadChecksum{std::move(packet)};
  return incoming::Packet{std::move(packet)};
}

std::string frame(std::string_view payload) {
  return framed('$', payload);
}

std::string frame_notification(std::string_view payload) {
  return framed('%', payload);
}

std::string run_length_encode(std::string_view payload) {
  std::string out(payload.size(), '\0');
  std::size_t written = 0;
  for (std::size_t i = 0; i < payload.size();) {
    const char c = payload[i++];
    out[written++] = c;
    // "}x" is one thing: a run must neither begin at its '}' nor go on from its x, which stands for another
    // byte.
    if (c == '}' && i < payload.size()) {
      out[written++] = payload[i++];
      continue;
    }
    std::size_t end = i;
    while (end < payload.size() && payload[end] == c) ++end;
    if (end - i < min_repeats) continue;
    const std::size_t taken = usable_repeats(end - i);
    out[written++] = '*';
    out[written++] = static_cast<char>(taken + 29);
    i += taken;
  }
  out.resize(written);
  return out;
}

}  // namespace cotrace::rsp
