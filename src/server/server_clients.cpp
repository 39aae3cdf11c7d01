// Clients and views of the server: who comes, who goes, what stays behind.
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <system_error>
#include <tuple>

#include "server/server.h"

namespace cotrace::server {
namespace {

std::string absolute(const std::string& path) {
  std::error_code failed;
  return path.empty() ? path : std::filesystem::absolute(path, failed).string();
}

}  // namespace

// The first client gets the view that the program of the command line was started in; each further one gets a
// view of its own, in which the same program, if there is one, is attached to and held.
void Server::on_connection(base::Fd socket, const PeerName& peer) {
  if (finishing_) return;
  services_.lines.connected(peer);
  auto name = peer.host.empty() ? std::string("local") : fmt::format("{} port {}", peer.host, peer.port);
  if (options_.life.once) {
    listener_->close();
  } else if (options_.life.gdbserver) {
    // One at a time: who connects meanwhile waits in the kernel's queue and is served next.
    listener_->pause();
  }
  if (waiting_ != nullptr) {
    welcome(*std::exchange(waiting_, nullptr), name, std::move(socket), base::Fd());
    return;
  }
  View& view = new_view();
  const auto process = offered();
  if (!process) {
    welcome(view, name, std::move(socket), base::Fd());
    return;
  }
  // Everybody who connects finds the program of the command line there, stopped, as a debugger expects it.
  ++arriving_;
  auto done = [this, &view, process = *process, name,
               socket = std::move(socket)](Result<session::ThreadRef> first) mutable {
    if (!first) services_.log.info("{}: cannot attach: {}", name, first.error().text);
    reactor_.defer([this, &view, process, name, socket = std::move(socket)]() mutable {
      --arriving_;
      if (view.has(process)) undebugged_.remove(process);
      if (!finishing_) welcome(view, name, std::move(socket), base::Fd());
    });
  };
  view.target().processes()->attach(*process, true, std::move(done));
}

void Server::on_refused(const PeerName& peer, const Error& why) {
  services_.lines.refused(peer, why);
}

// `output` not valid: the connection is read from and written to by `input`.
void Server::welcome(View& view, const std::string& name, base::Fd input, base::Fd output) {
  const unsigned number = ++clients_seen_;
  Client& client = clients_.emplace_back(number, name, view, *this);
  services_.log.info("client {}: {}", number, name);
  const auto begun = client.start(reactor_, std::move(input), std::move(output), session_options(number));
  if (begun) return;
  services_.lines.note(fmt::format("Cannot serve {}: {}", name, begun.error().text));
  reactor_.defer([this, number] {
    const auto found = std::ranges::find(clients_, number, &Client::number);
    if (found != clients_.end()) client_gone(*found, Farewell::lost);
  });
}

session::SessionOptions Server::session_options(unsigned client) {
  session::SessionOptions options;
  options.disabled_packets = options_.disabled_packets;
  if (listener_ && !options_.life.once && !options_.life.gdbserver)
    options.door =
        session::SessionOptions::Door{listener_->sockets().port(), absolute(listener_->sockets().path())};
  options.log = [this, client](bool from_client, std::string_view packet) {
    services_.packets.packet(client, from_client, packet);
  };
  return options;
}

void Server::client_gone(Client& client, Farewell farewell) {
  if (finishing_) return;
  View& view = client.view();
  services_.log.info("client {} has gone", client.number());
  const Situation situation{.farewell = farewell,
                            .extended = client.extended(),
                            .processes = view.has_processes(),
                            .children = unattended(),
                            .other_clients = clients_.size() > 1};
  const bool kill = options_.life.kill_when_lost || (client.kill_when_lost() && farewell == Farewell::lost);
  clients_.remove_if([&client](const Client& other) { return &other == &client; });
  if (options_.life.gdbserver) {
    go_on(after_client(options_.life, situation), view);
    return;
  }
  farewell_ = farewell;
  give_up(view, kill && !had_by_others(view));
}

void Server::go_on(Next next, View& view) {
  switch (next) {
    case Next::listen:
      services_.lines.reopening();
      listen_again(view);
      return;
    case Next::park:
      services_.lines.reopening();
      view.target().park([this, &view] {
        reactor_.defer([this, &view] {
          if (!finishing_) listen_again(view);
        });
      });
      return;
    case Next::wait_for_children:
      // The end of the last of them ends the server (forget(), end_if_idle()).
      if (listener_) listener_->close();
      return;
    case Next::end:
      finish(0);
      return;
  }
}

// The target needs some turns of the loop to let go of its tasks, so the view stays until then. It is removed
// from a turn of its own, as the target may not be destroyed from within its callback.
void Server::give_up(View& view, bool kill_launched) {
  view.give_up(kill_launched, [this, &view] { reactor_.defer([this, &view] { given_up(view); }); });
}

void Server::given_up(View& view) {
  views_.remove_if([&view](const View& other) { return &other == &view; });
  if (finishing_) {
    released_one();
    return;
  }
  watch_orphans();
  const Situation situation{.farewell = farewell_,
                            .extended = false,
                            .processes = false,
                            .children = unattended(),
                            .other_clients = !clients_.empty() || arriving_ != 0};
  if (after_client(options_.life, situation) == Next::end) finish(0);
}

View& Server::new_view() {
  return views_.emplace_back(core_, reactor_, options_.target, services_, *this);
}

bool Server::debugged(Pid process) {
  return std::ranges::any_of(views_, [process](View& view) { return !view.given_up() && view.has(process); });
}

// Another client has one of the programs too: then the end of this one's connection kills none of them.
bool Server::had_by_others(const View& view) {
  return std::ranges::any_of(view.launched(), [&](Pid process) {
    return std::ranges::any_of(
        views_, [&](View& other) { return &other != &view && !other.given_up() && other.has(process); });
  });
}

// Programs that nobody debugs any more, because a connection broke: the server is their parent, must reap
// them, and with `run` and `attach` stays until they have ended.
void Server::watch_orphans() {
  const auto watch = [this](Pid process) {
    if (!debugged(process)) std::ignore = undebugged_.add(process);
  };
  std::ranges::for_each(ours_, watch);
  if (served_) watch(*served_);
}

void Server::process_launched(View&, Pid process) {
  ours_.insert(process);
  if (options_.follow.follow && open_) follow_quietly(process, true);
}

void Server::process_attached(View&, Pid process) {
  reactor_.defer([this, process] {
    if (options_.follow.follow) follow_quietly(process, false);
    tree_.taken(process);
  });
}

void Server::process_ended(View&, Pid process) {
  forget(process);
}

void Server::process_let_go(View&, Pid process, bool launched) {
  if (!launched && !ours_.contains(process)) {
    // `cotrace attach` has done its work when its process is detached from on a client's word.
    if (served_ == process) served_.reset();
    return;
  }
  ours_.erase(process);
  // After the detach, which comes when this call returns.
  reactor_.defer([this, process] { std::ignore = undebugged_.add(process); });
}

// The process has ended.
void Server::forget(Pid process) {
  ours_.erase(process);
  undebugged_.remove(process);
  if (served_ == process) served_.reset();
  terminal_.take_back(process);
  reactor_.defer([this] { end_if_idle(); });
}

void Server::end_if_idle() {
  if (finishing_ || !open_) return;
  const bool clients = !clients_.empty() || arriving_ != 0;
  const bool processes = std::ranges::any_of(views_, [](View& view) { return view.has_processes(); });
  if (ends_with_last_process(options_.life, clients, processes || unattended())) finish(0);
}

void Server::exit_requested(View&) {
  services_.lines.exiting();
  // The reply leaves first: output is written at the end of what the client has sent, and this comes after
  // it.
  finish(0);
}

std::string Server::who(const View& asking) {
  return who_for(&asking);
}

// Nobody of the clients asks: null.
std::string Server::who_for(const View* asking) {
  std::string text;
  for (const auto& client : clients_) {
    text += fmt::format("client {} ({}){}\n", client.number(), client.name(),
                        &client.view() == asking ? ", you" : "");
    text += client.view().target().describe_holds();
    if (!text.ends_with('\n')) text += '\n';
  }
  text += jobs_.describe();
  if (!views_.empty()) text += views_.front().target().describe_untraced();
  return text;
}

}  // namespace cotrace::server
