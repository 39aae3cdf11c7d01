// What a client may send: any bytes. The framer and every parser must come out alive, whatever the pieces
// are.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rsp/command.h"
#include "rsp/escape.h"
#include "rsp/framing.h"

namespace {

using namespace cotrace::rsp;

void require(bool condition) {
  if (!condition) std::abort();
}

// Items in order, as payloads; the kind is in the first character.
std::vector<std::string> items_of(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> out;
  Framer framer(512);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    framer.feed(bytes.substr(at, piece));
    while (auto item = framer.next()) {
      std::string text(1, static_cast<char>('0' + item->index()));
      if (const auto* packet = std::get_if<incoming::Packet>(&*item)) text += packet->payload;
      if (const auto* packet = std::get_if<incoming::BadChecksum>(&*item)) text += packet->payload;
      require(text.size() <= 513);
      out.push_back(std::move(text));
    }
  }
  return out;
}

// The payload goes to the parsers directly: random bytes seldom have a right checksum.
void parse(std::string_view payload) {
  const auto name = split_name(payload);
  require(name.name.size() + name.arguments.size() <= payload.size());
  (void)parse_command(payload);
  for (std::size_t length = 0; length < payload.size() && length < 64; ++length) {
    (void)parse_command(payload.substr(0, length));
  }
}

void round_trip(std::string_view payload) {
  const auto escaped = escape_binary(std::as_bytes(std::span{payload}), 2 * payload.size());
  require(escaped.consumed == payload.size());
  require(unescape(escaped.text) == payload);
  require(run_length_encode(escaped.text).size() <= escaped.text.size());
  Framer framer(2 * payload.size());
  framer.feed(frame(escaped.text));
  const auto item = framer.next();
  require(item && std::holds_alternative<incoming::Packet>(*item));
  require(std::get<incoming::Packet>(*item).payload == payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  require(items_of(bytes, 1) == items_of(bytes, 7));
  require(items_of(bytes, 1) == items_of(bytes, size + 1));
  parse(bytes);
  round_trip(bytes);
  return 0;
}
