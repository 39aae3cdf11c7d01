// One connected client: a connection, a protocol session on it, and the view that it looks through.
#pragma once

#include <memory>
#include <string>

#include <cotrace/error.h>

#include "base/fd.h"
#include "base/reactor.h"
#include "server/connection.h"
#include "server/lifetime.h"
#include "server/view.h"
#include "session/session.h"

namespace cotrace::server {

class Client;

class ClientOwner {
 public:
  virtual ~ClientOwner() = default;
  // The conversation is over. The client may be destroyed from within. Comes once.
  virtual void client_gone(Client& client, Farewell farewell) = 0;
};

// The connection feeds the session, the session writes to the connection, and whichever ends first ends the
// client: the peer's going (on_closed), or the protocol's last word (on_finished), after which what is queued
// is still sent.
class Client final : public ConnectionOwner, public session::SessionOwner {
 public:
  // `number` and `name` are for people. The view must outlive the client.
  Client(unsigned number, std::string name, View& view, ClientOwner& owner)
      : number_(number), name_(std::move(name)), view_(view), owner_(owner) {}
  ~Client() override;

  // Begins to serve. `output` not valid: `input` is a socket or terminal.
  Result<> start(base::Reactor& reactor, base::Fd input, base::Fd output, session::SessionOptions options);
  // The server ends the conversation, once what has been said is on its way.
  void hang_up(Farewell farewell);

  [[nodiscard]] unsigned number() const { return number_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] View& view() const { return view_; }
  [[nodiscard]] bool extended() const { return session_ && session_->extended(); }
  [[nodiscard]] bool kill_when_lost() const { return session_ && session_->kill_when_lost(); }

 private:
  void on_bytes(std::string_view bytes) override;
  void on_closed() override;
  void on_finished() override;

  unsigned number_;
  std::string name_;
  View& view_;
  ClientOwner& owner_;
  Farewell farewell_{Farewell::lost};
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<session::Session> session_;  // after the connection that it sends to
};

}  // namespace cotrace::server
