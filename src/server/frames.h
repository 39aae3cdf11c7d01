// What a command and the server that runs its job say to each other: frames on a stream socket.
//
// A frame is one letter, the length of its text in four bytes (the machine's order: both ends are on it), and
// the text. The command sends one request; it shuts its side of the connection to ask the job to finish.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cotrace::server {

enum class FrameKind : char {
  request = 'q',  // to the server: JSON, see control.h
  output = 'o',   // what the job writes
  note = 'n',     // a line for the person who asked
  ended = 'e',    // the job is over, and so is the connection: JSON, see control.h
  refused = 'r',  // why there will be nothing: one sentence; the connection is over
  answer = 'a',   // the whole answer to a question; the connection is over
};

struct Frame {
  FrameKind kind{};
  std::string text;
};

std::string encode(FrameKind kind, std::string_view text);

// Puts frames together from what arrives.
class FrameReader {
 public:
  // Longer ones are nobody's: a request of arguments is short, and output comes in pieces.
  static constexpr std::size_t longest = std::size_t{16} << 20;

  void add(std::string_view bytes) { bytes_.append(bytes); }
  // The next whole frame.
  std::optional<Frame> next();
  // What came cannot be a frame: an unknown letter, too long.
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  std::string bytes_;
  std::size_t read_{0};
  bool broken_{false};
};

}  // namespace cotrace::server
