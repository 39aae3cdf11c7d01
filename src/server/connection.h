// One client's byte stream: a socket, a terminal, or a pair of pipes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <cotrace/error.h>

#include "base/fd.h"
#include "base/reactor.h"
#include "session/session.h"

namespace cotrace::server {

// What the owner of a connection hears, on the reactor's thread. It may destroy the connection in on_closed
// only.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual void on_bytes(std::string_view bytes) = 0;
  // The peer has gone, or close_when_sent() is done. Comes once, never from within a call of the owner.
  virtual void on_closed() = 0;
};

// Sets O_NONBLOCK for as long as it lives: a terminal or pipe given to us is shared with others who do not
// expect it.
class NonBlocking {
 public:
  explicit NonBlocking(int fd);
  ~NonBlocking();
  NonBlocking(const NonBlocking&) = delete;
  NonBlocking& operator=(const NonBlocking&) = delete;

 private:
  int fd_;
  int former_flags_;
};

// Never blocks. Output is written at once and kept only where the kernel's buffer is full. While on_bytes
// runs, output is collected and written once at its end, so that a packet costs one recv and one send.
class Connection final : public session::Transport {
 public:
  // A connected socket, or a terminal.
  static Result<std::unique_ptr<Connection>> open(base::Reactor& reactor, base::Fd stream,
                                                  ConnectionOwner& owner);
  // Reads from one descriptor and writes to another (stdin, stdout). `input` may be anything that can be
  // read, a plain file too.
  static Result<std::unique_ptr<Connection>> open(base::Reactor& reactor, base::Fd input, base::Fd output,
                                                  ConnectionOwner& owner);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(std::string_view bytes) override;
  // No more input is read; on_closed comes when what is queued has been sent, or the peer has gone.
  void close_when_sent();

 private:
  Connection(base::Reactor& reactor, base::Fd input, base::Fd output, ConnectionOwner& owner);
  Result<> start();
  void on_ready(std::uint32_t events);
  void read_some(bool hung_up);
  void read_again();
  [[nodiscard]] bool answer_one(bool hung_up);
  [[nodiscard]] bool listening() const;
  [[nodiscard]] ssize_t receive();
  [[nodiscard]] ssize_t write_some();
  [[nodiscard]] std::uint32_t triggered(std::uint32_t events) const;
  void flush();
  void update_interest();
  void report_closed();

  base::Reactor& reactor_;
  ConnectionOwner& owner_;
  base::Fd input_;
  base::Fd output_;  // not valid: input_ is written to
  int out_;          // the descriptor that is written to
  NonBlocking input_mode_;
  NonBlocking output_mode_;
  base::Reactor::Watch watch_;
  base::Reactor::Watch output_watch_;  // only with a descriptor of its own, and only while it is full
  std::unique_ptr<char[]> buffer_;     // of read_size; what no packet needs of it is never touched
  std::string pending_;                // not yet taken by the kernel
  // Sockets are watched edge-triggered and used by send(2) and recv(2): of the time that a packet of 64 bytes
  // takes here, a twentieth less (bench/run.py, "read 64 bytes").
  bool socket_{false};
  // A read that epoll has not announced: after how many answers it is tried again, and how many there were
  // after the last that was in vain.
  std::uint32_t answers_until_try_{0};
  std::uint32_t answers_between_tries_{0};
  bool collecting_{false};
  bool closing_{false};
  bool closed_{false};
  std::uint32_t interest_{0};
  // Work posted to the reactor outlives this object when it is destroyed first; it looks here.
  std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

// Opens a terminal device for the protocol: raw, without becoming the controlling terminal.
Result<base::Fd> open_device(const std::string& path);

}  // namespace cotrace::server
