#include "rsp/command.h"

#include <optional>
#include <utility>

namespace cotrace::rsp {

namespace {

using Parsed = std::expected<Command, ParseError>;

template <class Packet>
Parsed parse_as(std::string_view arguments) {
  auto packet = Packet::parse(arguments);
  if (!packet) return std::unexpected(ParseError::malformed);
  return Command{std::in_place_type<Packet>, std::move(*packet)};
}

template <class Packet>
concept Named = requires { Packet::name; };

// Tries one alternative of Command; true if it is the one.
template <class Packet>
bool try_packet(const PacketName& packet, std::optional<Parsed>& out) {
  if constexpr (Named<Packet>) {
    if (packet.name != Packet::name) return false;
    out = parse_as<Packet>(packet.arguments);
    return true;
  } else {
    return false;  // qXfer, whose name holds the object
  }
}

template <class... Packets>
std::optional<Parsed> try_all(const PacketName& packet, std::variant<Packets...>* /*types*/) {
  std::optional<Parsed> out;
  (try_packet<Packets>(packet, out) || ...);
  return out;
}

}  // namespace

Parsed parse_command(std::string_view payload) {
  const auto packet = split_name(payload);
  if (packet.name.starts_with("qXfer:")) {
    if (packet.name.ends_with(":read")) return parse_as<XferRead>(packet.arguments);
    if (packet.name.ends_with(":write")) return parse_as<XferWrite>(packet.arguments);
    return std::unexpected(ParseError::unknown);
  }
  if (auto parsed = try_all(packet, static_cast<Command*>(nullptr))) return std::move(*parsed);
  return std::unexpected(ParseError::unknown);
}

}  // namespace cotrace::rsp
