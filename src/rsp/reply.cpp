#include "rsp/reply.h"

#include <algorithm>

#include "base/hex.h"
#include "base/overloaded.h"
#include "rsp/escape.h"

namespace cotrace::rsp {

namespace {

using base::Overloaded;

std::string encode_error(reply::Error error) {
  constexpr std::string_view digits = "0123456789abcdef";
  return {'E', digits[error.number >> 4U], digits[error.number & 15U]};
}

// gdb undoes run lengths in every reply, so a '*' in a sentence would repeat the character before it.
std::string encode_error_text(std::string_view text, std::size_t packet_size) {
  std::string out = "E.";
  for (char c : text) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    const bool special = c == '$' || c == '#' || c == '}' || c == '*';
    out += control ? ' ' : special ? '?' : c;
  }
  out.resize(std::min(out.size(), packet_size));
  return out;
}

std::string encode_words(std::string_view text, const Encoding& encoding) {
  switch (encoding.words) {
    case Encoding::Words::gdb:
      return encode_error_text(text, encoding.packet_size);
    case Encoding::Words::lldb:
      return encode_error({}) + ";" + base::to_hex(text.substr(0, encoding.packet_size / 4));
    case Encoding::Words::none:
      return encode_error({});
  }
  return encode_error({});
}

std::size_t room_after(std::size_t prefix, std::size_t packet_size) {
  return packet_size > prefix ? packet_size - prefix : 0;
}

}  // namespace

std::string encode(const Reply& reply, const Encoding& encoding) {
  return std::visit(
      Overloaded{
          [](const reply::Ok&) { return std::string("OK"); },
          [](const reply::Unsupported&) { return std::string(); },
          [](const reply::Error& error) { return encode_error(error); },
          [&](const reply::ErrorText& error) { return encode_words(error.text, encoding); },
          [](const reply::Payload& payload) { return payload.text; },
          [](const reply::Hex& hex) { return base::to_hex(hex.bytes); },
          [&](const reply::Binary& binary) {
            const auto room = room_after(binary.prefix.size(), encoding.packet_size);
            return binary.prefix + escape_binary(binary.bytes, room).text;
          },
          [&](const reply::Stop& stop) { return encode_stop(stop.stop, encoding.multiprocess); },
          [](const reply::Later&) { return std::string(); },
      },
      reply);
}

Reply xfer_part(std::span<const std::byte> object, std::uint64_t offset, std::uint64_t length,
                std::size_t packet_size) {
  // At the end exactly it is the empty last part: so a client that asks on finds out.
  if (offset > object.size()) return reply::Error{};
  const auto left = object.subspan(static_cast<std::size_t>(offset));
  const auto wanted = left.first(static_cast<std::size_t>(std::min<std::uint64_t>(length, left.size())));
  auto part = escape_binary(wanted, room_after(1, packet_size));
  const char kind = part.consumed == left.size() ? 'l' : 'm';
  return reply::Payload{kind + std::move(part.text)};
}

Reply xfer_part(std::string_view object, std::uint64_t offset, std::uint64_t length,
                std::size_t packet_size) {
  return xfer_part(std::as_bytes(std::span{object}), offset, length, packet_size);
}

void append_register(std::string& out, std::span<const std::byte> value, bool valid) {
  if (valid) {
    base::append_hex(out, value);
  } else {
    out.append(2 * value.size(), 'x');
  }
}

std::string console_output(std::string_view text) {
  return "O" + base::to_hex(text);
}

}  // namespace cotrace::rsp
