// What a packet is answered with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rsp/stop_reply.h"

namespace cotrace::rsp {

namespace reply {

struct Ok {};
// The empty reply: the packet is not known here, the client goes on without it.
struct Unsupported {};
// E NN. Clients look at the number only where the manual says so; 0 is not used.
struct Error {
  std::uint8_t number{1};
};
// E.text, for people. gdb 13 takes it where it takes errors at all, apart from `m` and `qRcmd`, where it
// wants error-message+ of the client's features. Characters that a packet cannot carry are replaced.
struct ErrorText {
  std::string text;
};
// The payload as it is: made by the functions below, by those of fileio.h, or plain text without '$', '#',
// '}' and '*'.
struct Payload {
  std::string text;
};
// Bytes as pairs of digits.
struct Hex {
  std::vector<std::byte> bytes;
};
// A prefix (may be empty) and escaped bytes, as many as fit into the packet.
struct Binary {
  std::string prefix;
  std::vector<std::byte> bytes;
};
struct Stop {
  StopReply stop;
};
// No answer now: it comes later (vCont in all-stop, vRun, vAttach) or never (k).
struct Later {};

}  // namespace reply

using Reply = std::variant<reply::Ok, reply::Unsupported, reply::Error, reply::ErrorText, reply::Payload,
                           reply::Hex, reply::Binary, reply::Stop, reply::Later>;

struct Encoding {
  std::size_t packet_size;  // most characters of a payload
  bool multiprocess;
  // How the client reads an error in words.
  enum class Words : std::uint8_t {
    gdb,   // E.text
    lldb,  // E01;HEX. It would take gdb's form for an answer that is no error
    none,
  } words{Words::gdb};
};
// The payload to frame. Later has none: the caller must not send it ("" is the answer Unsupported).
std::string encode(const Reply& reply, const Encoding& encoding);

// The answer to a qXfer read: 'm' (more) or 'l' (last) and the part of `object` from `offset` on, at most
// `length` bytes and what fits into a packet when escaped. Offset and length count bytes of the object
// itself. An offset beyond the end is an error.
Reply xfer_part(std::span<const std::byte> object, std::uint64_t offset, std::uint64_t length,
                std::size_t packet_size);
Reply xfer_part(std::string_view object, std::uint64_t offset, std::uint64_t length, std::size_t packet_size);

// Register contents: digits, or "xx" for each byte that is not valid.
void append_register(std::string& out, std::span<const std::byte> value, bool valid);

// Text for the client's console during a qRcmd (O and hex digits).
std::string console_output(std::string_view text);

}  // namespace cotrace::rsp
