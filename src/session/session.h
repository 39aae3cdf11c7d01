// One client of the protocol: bytes in, bytes out. Knows Target, never ptrace and never sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "session/target.h"

namespace cotrace::session {

// Where the session's bytes go. The session never waits for it.
class Transport {
 public:
  virtual ~Transport() = default;
  // May destroy the session (a broken connection).
  virtual void send(std::string_view bytes) = 0;
};

struct SessionOptions {
  bool extended_possible{true};  // answers `!` (target extended-remote)
  // gdbserver's --disable-packet words: vCont vConts T Tthread qC qfThreadInfo threads
  std::set<std::string> disabled_packets;
  // Every packet, decoded from its frame; for --log-packets. `from_client` tells the direction.
  std::function<void(bool from_client, std::string_view packet)> log;
  // Where further clients can connect, if they can: for lldb, which wants a connection of its own for each
  // process.
  struct Door {
    std::uint16_t port{0};
    std::string socket{};  // a path, without a port
  };
  std::optional<Door> door{};
};

// What the owner of the connection must do.
class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  // The conversation is over: `k` in remote mode. The owner closes the connection when it has sent what is
  // queued. It is the last thing that a receive(), a listener callback or a Processes callback does: the
  // session is not touched after it and may be destroyed in it, if the caller of that function can bear it.
  virtual void on_finished() = 0;
};

// Belongs to the thread that the target's callbacks come on. `target`, `transport` and `owner` must outlive
// it; it is the target's only StopListener as long as it lives. Target operations that take their time
// (launching, attaching, halting) answer by callbacks, which may come after the session has gone: they then
// do nothing.
class Session {
 public:
  Session(Target& target, Transport& transport, SessionOwner& owner, SessionOptions options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Bytes from the client, in pieces of any size. Answers go out through one Transport::send before it
  // returns, or later when the target has reported.
  void receive(std::string_view bytes);
  // A thread is already there and stopped (program launched or attached before the client came); `?` will
  // tell of it.
  void initial_stop(const StopReport& report);
  [[nodiscard]] bool extended() const;  // the client said `!`
  [[nodiscard]] bool non_stop() const;
  // The client has said that what it has launched is to die if the connection breaks (lldb).
  [[nodiscard]] bool kill_when_lost() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cotrace::session
