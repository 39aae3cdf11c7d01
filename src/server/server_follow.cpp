// Processes that the server follows by itself, and what happens at its gates.
#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "server/server.h"

namespace cotrace::server {

// A process that has ended meanwhile needs no following.
void Server::follow_quietly(Pid process, bool at_start) {
  const auto followed = tree_.follow(process, at_start);
  if (!followed && followed.error().code != Errc::gone && followed.error().code != Errc::no_such_process)
    services_.lines.note(fmt::format("Cannot follow process {}: {}", process.value, followed.error().text));
}

// The program of the command line runs without waiting for a client; only the tree has it from now on.
void Server::let_run(Pid process) {
  View& view = *std::exchange(waiting_, nullptr);
  const bool launched = ours_.contains(process);
  view.target().processes()->detach(process, [this, &view](Result<>) {
    // Not given up as a client's view is: nobody has gone, so nothing ends. But the end of the server may
    // have begun meanwhile, which gives up every view and counts them.
    reactor_.defer([this, &view] {
      if (!finishing_) views_.remove_if([&view](const View& other) { return &other == &view; });
    });
  });
  // Let go on nobody's word: it dies with the server.
  if (launched) ours_.insert(process);
}

// What a client that connects finds: what waits at a gate, or the program of the command line. Who waits for
// a gate is not to stop what has not come to one.
std::optional<Pid> Server::offered() const {
  if (const auto process = tree_.first_held()) return process;
  return options_.follow.runs_at_once() ? std::nullopt : served_;
}

void Server::held(const engines::AtGate& gate) {
  reactor_.defer([this, process = gate.process, crash = gate.pattern.empty()] {
    if (finishing_) return;
    bool had = false;
    for (auto& view : views_) {
      if (view.given_up() || &view == waiting_ || !view.has(process)) continue;
      had = true;
      // A crash is a signal, which its debugger is told of anyhow.
      if (!crash) view.target().stop_for_attention(process);
    }
    if (had) return tree_.taken(process);
    if (open_) show_gate(process);
  });
}

void Server::show_gate(Pid process) {
  const auto* gate = tree_.gate_of(process);
  if (gate == nullptr) return;
  const auto where = gate->pattern.empty() ? fmt::format("at {}", signal_name(gate->signal))
                                           : fmt::format("by {}", gate->pattern);
  // Who connects next is given the first of them.
  const bool by_connecting = listener_ && tree_.first_held() == process;
  const auto command =
      by_connecting ? Lines::connect_command(listener_->sockets()) : fmt::format("attach {}", process.value);
  services_.lines.held(process, gate->command_line, where, command);
  tell_ready();
}

void Server::patience_ended(Pid process) {
  services_.lines.note(fmt::format("Let go: process {}, nobody attached in time", process.value));
}

void Server::ended(Pid process, const ExitStatus& status) {
  // What a client has is told by its view.
  if (!debugged(process)) services_.lines.followed_ended(process, status);
  reactor_.defer([this] { end_if_idle(); });
}

void Server::ignored(Pid process) {
  services_.log.debug("process {} is ignored", process.value);
  reactor_.defer([this] { end_if_idle(); });
}

bool Server::process_ignored(Pid process) {
  return options_.follow.follow && !tree_.gates().ignore.empty() && tree_.ignores(process);
}

void Server::tell_ready() {
  if (auto ready = std::exchange(options_.ready, nullptr)) ready();
}

void Server::tell_unmatched() {
  for (const auto& pattern : tree_.unmatched())
    services_.lines.note(fmt::format("No process matched --hold {}", pattern));
}

Result<std::string> Server::follow(View& view, std::optional<bool> on) {
  if (!on) {
    auto text = tree_.describe();
    return text.empty() ? std::string("No process is followed.\n") : text;
  }
  // One switch for all clients, as there is one tree.
  options_.follow.follow = *on;
  if (!*on) {
    tree_.leave_all();
    return std::string("Nothing is followed any more.\n");
  }
  const auto processes = view.target().processes()->list();
  for (const Pid process : processes) {
    if (auto followed = tree_.follow(process, false); !followed) return std::unexpected(followed.error());
  }
  return fmt::format("Following {} process{} and all that they make.\n", processes.size(),
                     processes.size() == 1 ? "" : "es");
}

Result<std::string> Server::add_gate(GateKind kind, std::string_view pattern) {
  auto gates = tree_.gates();
  if (kind == GateKind::hold && pattern == "crash") {
    gates.crash = true;
  } else {
    auto parsed = engines::ProcessPattern::parse(pattern);
    if (!parsed) return fail(Errc::invalid, parsed.error().text + "\n");
    (kind == GateKind::hold ? gates.hold : gates.ignore).push_back(std::move(*parsed));
  }
  tree_.set_gates(std::move(gates));
  return tree_.empty() ? std::string("Nothing is followed so far: monitor follow on\n")
                       : std::string("Set.\n");
}

}  // namespace cotrace::server
