// Which packet it is.
#pragma once

#include <string_view>

namespace cotrace::rsp {

struct PacketName {
  std::string_view name;
  std::string_view arguments;  // views into the payload
};

// Cuts a payload into the name to look up and the rest. Packets are told apart by their whole name, never by
// a prefix (gdbserver 13 takes "MultiMemRead:..." for an "M" and answers E01 where the empty reply is due).
//
// - q..., Q..., v...: the name goes up to the first ':', ',' or ';', which is dropped. "vCont?" is a name of
// its own.
//   Three families keep further words, each of them being a packet of its own: "qXfer:OBJECT:OPERATION",
//   "vFile:OPERATION", "qSearch:WHAT". And one of lldb's has its argument at once: "qThreadStopInfo1F".
// - Other packets have one character as name, and the arguments follow it at once ("m1000,4" is "m" and
// "1000,4"; "D;2a" is "D" and
//   ";2a"). But a word of letters that cannot be the beginning of that packet's arguments is a name as a
//   whole: "MultiMemRead", "jThreadsInfo", "bc". Its separator is dropped too.
//
// So for the known single-letter packets, damaged arguments ("mzz,4" is the word "mzz", "m-1,4" is not) may
// come out either as an unknown name or as arguments that do not parse. An empty payload has an empty name.
PacketName split_name(std::string_view payload);

}  // namespace cotrace::rsp
