// The client's end of the wire: packets in, packets out, acks and retransmission.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "rsp/framing.h"
#include "session/session.h"

namespace cotrace::session {

// The most characters of a payload, told to the client as PacketSize. gdb 13 reads files in pieces of this
// size: small ones make the start slow.
inline constexpr std::size_t packet_size = 0x20000;

// Collects what is to be sent until flush(), so that an ack and the reply go out in one piece.
class Wire {
 public:
  using Log = std::function<void(bool from_client, std::string_view packet)>;

  Wire(Transport& transport, Log log);

  void feed(std::string_view bytes) { framer_.feed(bytes); }
  // The next packet to be carried out. Acks, packets sent again and damaged ones are dealt with here.
  // Nothing: more bytes are needed.
  std::optional<rsp::Incoming> next();

  // One packet of the answer to what next() gave last; with acks it is kept to be sent again.
  void reply(std::string_view payload);
  // Needs no ack and is never sent again.
  void notify(std::string_view payload);
  // No more acks once the client has acked the reply that was given just now (QStartNoAckMode).
  void stop_acks() { acks_ = Acks::ending; }
  // The last thing to do in a turn: the owner may close everything when it cannot send.
  void flush();

 private:
  // `ending`: the OK of QStartNoAckMode is out; its ack, or the next packet, is the end of acks.
  enum class Acks { on, ending, off };
  // Nothing: it was a repetition or damaged, and is dealt with.
  std::optional<rsp::Incoming> packet(std::string payload, bool good);
  void repeat();

  Transport& transport_;
  Log log_;
  rsp::Framer framer_;
  Acks acks_{Acks::on};
  std::string received_;  // the last packet, with acks
  std::string answer_;    // the frames that answered it
  bool answer_acked_{true};
  std::string out_;
};

}  // namespace cotrace::session
