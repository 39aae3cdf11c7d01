#include "server/lines.h"

#include <cstring>
#include <fmt/format.h>

namespace cotrace::server {

std::string signal_name(int number) {
  const char* name = ::sigabbrev_np(number);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("SIG{}", number);
}

// Where gdbserver 13 has a line for it, the wording is gdbserver's: IDEs and test suites wait for it with
// regular expressions.
void Lines::tell(std::string_view line) {
  if (manner_ == Manner::gdbserver) {
    notices_.line(line);
  } else {
    log_.info("{}", line);
  }
}

void Lines::cannot_start(std::string_view sentence) {
  if (manner_ == Manner::own) {
    notices_.line(fmt::format("cotrace: {}", sentence));
    return;
  }
  notices_.line(sentence);
  notices_.line("Exiting");
}

void Lines::cannot_launch(const Error& error) {
  // An errno: the exec itself failed. None: a shell was between and has said on its own what is wrong.
  if (error.sys_errno == 0) {
    cannot_start(error.text);
    return;
  }
  if (manner_ == Manner::own) {
    cannot_start(fmt::format("{}: {}", error.text, std::strerror(error.sys_errno)));
    return;
  }
  // The reason itself has been told by exec_failed().
  cannot_start("During startup program exited with code 127.");
}

void Lines::exec_failed(const Error& error) {
  if (manner_ == Manner::own || error.sys_errno == 0) return;
  notices_.line(fmt::format("gdbserver: {}", error.text));
  notices_.line(fmt::format("gdbserver: Error: {}", std::strerror(error.sys_errno)));
}

void Lines::cannot_attach(Pid process, const Error& error) {
  cannot_start(fmt::format("Cannot attach to process {}: {}", process.value, error.text));
}

void Lines::launched(Pid process, std::string_view program) {
  tell(fmt::format("Process {} created; pid = {}", program, process.value));
}

void Lines::attached(Pid process) {
  tell(fmt::format("Attached; pid = {}", process.value));
}

void Lines::ended(Pid process, const ExitStatus& status) {
  if (manner_ == Manner::own) return followed_ended(process, status);
  notices_.line("");
  notices_.line(status.signalled ? fmt::format("Child terminated with signal = 0x{:x} ({})", status.code,
                                               signal_name(status.code))
                                 : fmt::format("Child exited with status {}", status.code));
}

void Lines::followed_ended(Pid process, const ExitStatus& status) {
  log_.info("Process {} {} {}", process.value, status.signalled ? "killed by" : "exited with status",
            status.signalled ? signal_name(status.code) : std::to_string(status.code));
}

void Lines::detaching(Pid process) {
  tell(fmt::format("Detaching from process {}", process.value));
}
void Lines::killing(Pid process) {
  tell(fmt::format("Killing process(es): {}", process.value));
}

void Lines::listening(const ListeningSockets& sockets) {
  if (!sockets.path().empty()) {
    notices_.line(fmt::format("Listening on {}", sockets.path()));
  } else {
    notices_.line(fmt::format("Listening on port {}", sockets.port()));
  }
}

void Lines::gdb_command(const ListeningSockets& sockets) {
  notices_.line(connect_command(sockets));
}

std::string Lines::connect_command(const ListeningSockets& sockets) {
  return sockets.path().empty() ? fmt::format("target extended-remote localhost:{}", sockets.port())
                                : fmt::format("target extended-remote {}", sockets.path());
}

void Lines::held(Pid process, std::string_view program, std::string_view where, std::string_view connect) {
  notices_.line(fmt::format("Held {}: process {} ({}). In gdb: {}", where, process.value, program, connect));
}

void Lines::streaming(std::string_view where) {
  tell(fmt::format("Remote debugging using {}", where));
}

void Lines::connected(const PeerName& peer) {
  if (peer.host.empty()) {
    tell("Remote debugging from this machine");
  } else {
    tell(fmt::format("Remote debugging from host {}, port {}", peer.host, peer.port));
  }
}

void Lines::refused(const PeerName& peer, const Error& why) {
  const auto from =
      peer.host.empty() ? std::string() : fmt::format(" from {}, port {}", peer.host, peer.port);
  notices_.line(fmt::format("Connection{} refused: {}", from, why.text));
}

void Lines::reopening() {
  tell("Remote side has terminated connection.  GDBserver will reopen the connection.");
}

void Lines::exiting() {
  tell("GDBserver exiting");
}

}  // namespace cotrace::server
