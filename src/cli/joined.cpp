#include "cli/joined.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fmt/format.h>
#include <poll.h>
#include <string_view>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "base/errno_error.h"
#include "base/fd.h"
#include "cli/run_server.h"
#include "linux/proc.h"
#include "server/control.h"
#include "server/control_name.h"
#include "server/peer.h"
#include "server/signals.h"
#include "server/sockets.h"

namespace cotrace::cli {
namespace {

// Connected to the control socket of that very process: a name alone could be anybody's.
Result<base::Fd> connect_to(Pid server) {
  const auto name = server::control_name(server);
  if (!name) return std::unexpected(name.error());
  base::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return base::fail_errno("socket");
  const auto address = server::abstract_address(*name);
  if (::connect(socket.get(), address.get(), address.length) != 0) return base::fail_errno("connect");
  ucred peer{};
  socklen_t length = sizeof peer;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
    return base::fail_errno("SO_PEERCRED");
  if (peer.pid != server.value)
    return fail(Errc::not_permitted, fmt::format("somebody else answers for process {}", server.value));
  return socket;
}

Result<> send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return base::fail_errno("write");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<base::Fd> send_request(Pid server, const server::ControlRequest& request) {
  auto socket = connect_to(server);
  if (!socket) return socket;
  const auto text = server::encode(server::FrameKind::request, server::to_json(request));
  if (auto sent = send_all(socket->get(), text); !sent) return std::unexpected(sent.error());
  return socket;
}

// A job that runs elsewhere, seen from here.
class Watched {
 public:
  Watched(base::Fd socket, int output) : socket_(std::move(socket)), output_(output) {}

  // Until the connection ends. The exit code, or the signal to die of.
  struct End {
    int code{0};
    int signal{0};
  };
  End run(int signals) {
    while (!over_) {
      std::array<pollfd, 2> ready{pollfd{socket_.get(), POLLIN, 0}, pollfd{signals, POLLIN, 0}};
      if (::poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR) break;
      if (ready[1].revents != 0 && take_signal(signals)) break;
      if (ready[0].revents != 0) receive();
    }
    return end_;
  }

 private:
  // True where there have been two: whoever sends a second one does not want to wait.
  bool take_signal(int signals) {
    signalfd_siginfo info{};
    if (::read(signals, &info, sizeof info) != sizeof info) return false;
    if (std::exchange(end_.signal, static_cast<int>(info.ssi_signo)) != 0) return true;
    ::shutdown(socket_.get(), SHUT_WR);
    return false;
  }

  void receive() {
    std::array<char, 65536> bytes;
    const auto count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EINTR) return;
    if (count <= 0) {
      over_ = true;
      end_.code = complain("the server that ran this has gone");
      return;
    }
    reader_.add(std::string_view(bytes.data(), static_cast<std::size_t>(count)));
    while (const auto frame = reader_.next()) take(*frame);
    if (reader_.broken()) over_ = true;
  }

  void take(const server::Frame& frame) {
    switch (frame.kind) {
      case server::FrameKind::output:
        // Nobody reads any more: no use in going on.
        if (!send_all(output_, frame.text)) ::shutdown(socket_.get(), SHUT_WR);
        return;
      case server::FrameKind::note:
        fmt::print(stderr, "cotrace: {}\n", frame.text);
        return;
      case server::FrameKind::refused:
        end_.code = complain(frame.text);
        over_ = true;
        return;
      case server::FrameKind::ended: {
        const auto program = server::parse_ended(frame.text);
        if (program && *program) (((*program)->signalled) ? end_.signal : end_.code) = (*program)->code;
        over_ = true;
        return;
      }
      case server::FrameKind::answer:
      case server::FrameKind::request:
        return;  // not to this
    }
  }

  base::Fd socket_;
  int output_;
  server::FrameReader reader_;
  End end_;
  bool over_{false};
};

}  // namespace

std::optional<Pid> tracer_of(Pid process) {
  const auto status = sys::task_status(leader_of(process));
  if (!status || status->tracer.value == 0) return std::nullopt;
  const auto tracer = sys::task_status(status->tracer);
  return tracer ? std::optional(tracer->group) : std::nullopt;
}

std::optional<Pid> server_of(Pid process) {
  const auto tracer = tracer_of(process);
  if (!tracer || !connect_to(*tracer)) return std::nullopt;
  return tracer;
}

int run_there(Pid server, const server::JobRequest& request, int output) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGQUIT}) sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  const base::Fd signals(::signalfd(-1, &set, SFD_CLOEXEC));
  auto socket = send_request(server, request);
  if (!socket || !signals.valid())
    return complain(fmt::format("process {} has it, but cannot be asked: {}", server.value,
                                socket ? "no signalfd" : socket.error().text));
  const auto end = Watched(std::move(*socket), output).run(signals.get());
  if (end.signal != 0) server::die_of(end.signal);
  return end.code;
}

Result<std::string> ask_who(Pid server) {
  const auto socket = send_request(server, server::Question{});
  if (!socket) return std::unexpected(socket.error());
  server::FrameReader reader;
  while (true) {
    std::array<char, 4096> bytes;
    const auto count = ::recv(socket->get(), bytes.data(), bytes.size(), 0);
    if (count <= 0) return fail(Errc::gone, "the server has gone");
    reader.add(std::string_view(bytes.data(), static_cast<std::size_t>(count)));
    const auto frame = reader.next();
    if (!frame && !reader.broken()) continue;
    if (frame && frame->kind == server::FrameKind::answer) return frame->text;
    return fail(Errc::invalid, frame ? frame->text : "the server speaks another language");
  }
}

}  // namespace cotrace::cli
