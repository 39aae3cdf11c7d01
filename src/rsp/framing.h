// Packets out of bytes and bytes out of packets (gdb manual, "Overview" of the remote serial protocol).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace cotrace::rsp {

namespace incoming {

// A whole packet with the right checksum. `payload` has its escapes undone ('}' x stands for x ^ 0x20), so
// binary data is there as it is, and no later stage looks for escapes. A '}' at the very end, which escapes
// nothing, is kept.
struct Packet {
  std::string payload;
};
// A whole packet whose checksum is wrong or not hexadecimal. To be answered with '-' as long as acks are on;
// without acks the client will not send it again, and `payload` (escapes undone) may be taken for good.
struct BadChecksum {
  std::string payload;
};
// A packet longer than the framer's limit; its contents are lost. The client waits for an answer all the
// same.
struct Overlong {};
struct Ack {};   // '+'
struct Nack {};  // '-': the client wants the last packet again
// 0x03 between packets: Ctrl-C in all-stop. Within a packet the byte is data.
struct Interrupt {};

}  // namespace incoming

using Incoming = std::variant<incoming::Packet, incoming::BadChecksum, incoming::Overlong, incoming::Ack,
                              incoming::Nack, incoming::Interrupt>;

// Cuts the client's bytes into packets and the single bytes between them. Bytes that mean nothing are
// skipped; a '$' within a packet (it is always escaped in data) begins a new one and drops the old one. Run
// lengths are not undone: no client sends them, and '*' is plain data in what they send.
class Framer {
 public:
  // `limit`: the most bytes between '$' and '#', before escapes are undone. It should be a little above the
  // PacketSize that was advertised.
  explicit Framer(std::size_t limit);

  // Bytes in pieces of any size. They are kept until next() has looked at them.
  void feed(std::string_view bytes);
  // The next item, or nothing until there are more bytes.
  std::optional<Incoming> next();

 private:
  enum class Place : std::uint8_t { between, payload, first_digit, second_digit };
  std::optional<Incoming> between(char c);
  void start();
  void payload();
  Incoming finish(char second_digit);

  std::size_t limit_;
  std::string input_;  // fed, not looked at yet from position_ on
  std::size_t position_{0};
  Place place_{Place::between};
  std::string packet_;  // raw bytes of the packet so far
  bool overlong_{false};
  char first_digit_{0};
};

// $payload#checksum. The payload must be text without '$', '#', '}', '*', or built with escape_binary.
std::string frame(std::string_view payload);
// %payload#checksum: a notification ("Stop:T05...") that the client does not ack.
std::string frame_notification(std::string_view payload);

// The payload with runs of equal characters shortened ("0000" is "0*!"). Only for payloads in which '*'
// occurs nowhere but as an escaped byte, which is what escape_binary makes. The result is never longer than
// the payload.
std::string run_length_encode(std::string_view payload);

}  // namespace cotrace::rsp
