#include "rsp/framing.h"

#include <algorithm>
#include <array>
#include <bit>
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

bool run_begins(std::string_view text, std::size_t at) {
  return at + min_repeats < text.size() && text.substr(at, min_repeats) == text.substr(at + 1, min_repeats);
}

// Where four equal characters begin, or the end. Eight neighbours are compared at a time: of what is in
// memory most is no run, and looking for them must not cost more than sending it.
std::size_t next_run(std::string_view text, std::size_t from) {
  constexpr std::uint64_t low_bits = 0x7f7f7f7f7f7f7f7f;
  static_assert(std::endian::native == std::endian::little);
  std::size_t at = from;
  // A run may begin at each of the first six of the eight.
  for (; at + sizeof(std::uint64_t) < text.size(); at += 6) {
    std::uint64_t here = 0, next = 0;
    std::memcpy(&here, text.data() + at, sizeof here);
    std::memcpy(&next, text.data() + at + 1, sizeof next);
    const std::uint64_t differs = here ^ next;
    // The top bit of each byte that equals the one after it.
    const std::uint64_t equal = ~(((differs & low_bits) + low_bits) | differs | low_bits);
    const std::uint64_t runs = equal & (equal >> 8) & (equal >> 16);
    if (runs != 0) return at + static_cast<std::size_t>(std::countr_zero(runs)) / 8;
  }
  while (at < text.size() && !run_begins(text, at)) ++at;
  return at;
}

// "}x" is one thing: a run must neither begin at its '}' nor go on from its x, which stands for another byte.
std::size_t next_run_among_escapes(std::string_view text, std::size_t from) {
  std::size_t at = from;
  while (at < text.size() && (text[at] == '}' || !run_begins(text, at))) at += text[at] == '}' ? 2 : 1;
  return std::min(at, text.size());
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
  const auto find_run = payload.find('}') == std::string_view::npos ? next_run : next_run_among_escapes;
  std::string out;
  out.reserve(payload.size());
  for (std::size_t at = 0;;) {
    const std::size_t run = find_run(payload, at);
    out += payload.substr(at, run - at);
    if (run == payload.size()) return out;
    at = run;
    const char c = payload[at++];
    const auto rest = payload.substr(at, max_repeats);
    const std::size_t taken = usable_repeats(std::min(rest.find_first_not_of(c), rest.size()));
    out += c;
    out += '*';
    out += static_cast<char>(taken + 29);
    at += taken;
  }
}

}  // namespace cotrace::rsp
