#include "session/wire.h"

#include <utility>

#include "base/overloaded.h"

namespace cotrace::session {

namespace {

using base::Overloaded;

// A client may send a little more than it was told: lldb 19 does not count the packet's name.
constexpr std::size_t longest_packet = packet_size + 1024;
// Memory and registers are full of zeros, and what is not sent costs the client no time either.
constexpr std::size_t worth_shortening = 1024;

}  // namespace

Wire::Wire(Transport& transport, Log log)
    : transport_(transport), log_(std::move(log)), framer_(longest_packet) {}

std::optional<rsp::Incoming> Wire::next() {
  using Result = std::optional<rsp::Incoming>;
  while (auto incoming = framer_.next()) {
    auto result = std::visit(
        Overloaded{
            [&](rsp::incoming::Packet& p) -> Result { return packet(std::move(p.payload), true); },
            [&](rsp::incoming::BadChecksum& p) -> Result { return packet(std::move(p.payload), false); },
            [&](rsp::incoming::Overlong& p) -> Result {
              if (acks_ == Acks::on) out_ += '+';
              return p;
            },
            [&](rsp::incoming::Ack) -> Result {
              answer_acked_ = true;
              if (acks_ == Acks::ending) acks_ = Acks::off;
              return std::nullopt;
            },
            [&](rsp::incoming::Nack) -> Result {
              if (acks_ != Acks::off) repeat();
              return std::nullopt;
            },
            [](rsp::incoming::Interrupt i) -> Result { return i; }},
        *incoming);
    if (result) return result;
  }
  return std::nullopt;
}

std::optional<rsp::Incoming> Wire::packet(std::string payload, bool good) {
  // Whoever sends the next packet has got the OK, whether or not its ack came.
  if (acks_ == Acks::ending && good && payload != received_) acks_ = Acks::off;
  if (acks_ == Acks::off) {
    // Without acks nobody would send it again, and lldb 19 then writes 00 for the checksum.
    if (log_) log_(true, payload);
    return rsp::incoming::Packet{std::move(payload)};
  }
  if (!good) {
    out_ += '-';
    return std::nullopt;
  }
  out_ += '+';
  // The same packet while the answer to it is not acked: our ack was lost, or the answer was. Carried out a
  // second time, a step would be two.
  if (!answer_acked_ && payload == received_) {
    repeat();
    return std::nullopt;
  }
  received_ = payload;
  answer_.clear();
  answer_acked_ = true;
  if (log_) log_(true, payload);
  return rsp::incoming::Packet{std::move(payload)};
}

void Wire::repeat() {
  out_ += answer_;
}

void Wire::reply(std::string_view payload) {
  if (log_) log_(false, payload);
  const bool shortened = payload.size() >= worth_shortening;
  const std::string framed = shortened ? rsp::frame(rsp::run_length_encode(payload)) : rsp::frame(payload);
  out_ += framed;
  if (acks_ != Acks::off) {
    // A stop reply comes long after the ack of an `O` packet: what was acked need not be sent again.
    if (answer_acked_ || answer_.size() > 4 * packet_size) answer_.clear();
    answer_ += framed;
    answer_acked_ = false;
  }
}

// Sent at any moment, between a packet and its answer too: gdb keeps notifications apart by the '%'.
void Wire::notify(std::string_view payload) {
  if (log_) log_(false, payload);
  out_ += rsp::frame_notification(payload);
}

void Wire::flush() {
  if (out_.empty()) return;
  // Taken out first: send() may end with the session, and this with it, destroyed (Transport).
  const std::string bytes = std::exchange(out_, {});
  transport_.send(bytes);
}

}  // namespace cotrace::session
