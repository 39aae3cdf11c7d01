#include "server/client.h"

namespace cotrace::server {

Client::~Client() {
  session_.reset();
  view_.target().set_listener(nullptr);
}

Result<> Client::start(base::Reactor& reactor, base::Fd input, base::Fd output,
                       session::SessionOptions options) {
  auto connection = Connection::open(reactor, std::move(input), std::move(output), *this);
  if (!connection) return std::unexpected(connection.error());
  connection_ = std::move(*connection);
  session_ = std::make_unique<session::Session>(view_.target(), *connection_, *this, std::move(options));
  if (const auto stop = view_.target().standing_stop()) session_->initial_stop(*stop);
  return {};
}

void Client::hang_up(Farewell farewell) {
  farewell_ = farewell;
  connection_->close_when_sent();
}

void Client::on_bytes(std::string_view bytes) {
  session_->receive(bytes);
}

void Client::on_closed() {
  owner_.client_gone(*this, farewell_);
}

void Client::on_finished() {
  hang_up(Farewell::finished);
}

}  // namespace cotrace::server
