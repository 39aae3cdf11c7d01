#include "server/control.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "base/overloaded.h"
#include "server/control_name.h"
#include "server/outlets.h"

namespace cotrace::server {

namespace {

base::Fd duplicate(const base::Fd& fd) {
  return base::Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
}

}  // namespace

// One command that has come through the door, until it has been told everything.
class ControlDoor::Visit {
 public:
  Visit(ControlDoor& door, base::Fd socket)
      : door_(door), socket_(std::move(socket)), outlet_(door.reactor_, duplicate(socket_)) {}
  ~Visit() {
    *alive_ = false;
    if (job_) door_.jobs_.finish(*job_);
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  Result<> start() {
    auto watch =
        door_.reactor_.watch(socket_.get(), EPOLLIN | EPOLLRDHUP, [this](std::uint32_t) { receive(); });
    if (!watch) return std::unexpected(watch.error());
    watch_ = std::move(*watch);
    return {};
  }

  // What the job has left to say is said.
  void finish() {
    if (job_) door_.jobs_.finish(*std::exchange(job_, std::nullopt));
    last_word(FrameKind::ended, to_json(std::nullopt));
  }

 private:
  void receive() {
    std::array<char, 4096> bytes;
    const auto count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) {
      watch_.reset();  // or it would be told again and again
      finish();
      return;
    }
    reader_.add(std::string_view(bytes.data(), static_cast<std::size_t>(count)));
    const auto frame = reader_.next();
    if (frame && !std::exchange(asked_, true)) {
      answer(*frame);
    } else if (frame || reader_.broken()) {
      last_word(FrameKind::refused, "one request a connection");
    }
  }

  void answer(const Frame& frame) {
    auto request = parse_request(frame.text);
    if (frame.kind != FrameKind::request) request = fail(Errc::invalid, "that is no request");
    if (!request) return last_word(FrameKind::refused, request.error().text);
    std::visit(base::Overloaded{
                   [this](const Question&) { last_word(FrameKind::answer, door_.who_()); },
                   [this](JobRequest& job) { run(std::move(job)); },
               },
               *request);
  }

  void run(JobRequest request) {
    auto ended = [this, alive = alive_](std::optional<ExitStatus> program) {
      if (!*alive) return;
      job_.reset();
      last_word(FrameKind::ended, to_json(program));
    };
    auto joined = door_.jobs_.join({std::move(request), outlet_, std::move(ended)});
    if (!joined) return last_word(FrameKind::refused, joined.error().text);
    job_ = *joined;
  }

  void last_word(FrameKind kind, std::string_view text) {
    if (std::exchange(ending_, true)) return;
    outlet_.say(kind, text);
    outlet_.flush();
    const auto leave = [this, alive = alive_] {
      door_.reactor_.defer([this, alive] {
        if (*alive) door_.over(*this);
      });
    };
    if (outlet_.empty()) {
      leave();
    } else {
      outlet_.when_empty(leave);
    }
  }

  ControlDoor& door_;
  base::Fd socket_;
  RemoteOutlet outlet_;
  FrameReader reader_;
  base::Reactor::Watch watch_;
  std::optional<Jobs::Number> job_;
  bool asked_{false};
  bool ending_{false};
  std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

ControlDoor::ControlDoor(base::Reactor& reactor, Jobs& jobs, Who who)
    : reactor_(reactor), jobs_(jobs), who_(std::move(who)) {}

ControlDoor::~ControlDoor() {
  *alive_ = false;
}

Result<> ControlDoor::open() {
  auto name = control_name(Pid{::getpid()});
  if (!name) return std::unexpected(name.error());
  auto sockets = ListeningSockets::bind_abstract(*name);
  if (!sockets) return std::unexpected(sockets.error());
  listener_ = std::make_unique<Listener>(reactor_, std::move(*sockets), *this);
  return listener_->start();
}

void ControlDoor::close() {
  if (listener_) listener_->close();
  for (const auto& visit : visits_) visit->finish();
}

void ControlDoor::on_connection(base::Fd socket, const PeerName&) {
  auto visit = std::make_unique<Visit>(*this, std::move(socket));
  if (visit->start()) visits_.push_back(std::move(visit));
}

void ControlDoor::over(Visit& visit) {
  std::erase_if(visits_, [&visit](const auto& other) { return other.get() == &visit; });
  if (left_) left_();
}

}  // namespace cotrace::server
