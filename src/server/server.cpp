#include "server/server.h"

#include <chrono>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/errno_error.h"
#include "base/overloaded.h"

namespace cotrace::server {
namespace {

// A tracee in the middle of dying or of a vfork can keep the end waiting; what is left is then the kernel's
// to clean up.
constexpr std::chrono::seconds patience{5};

using base::Overloaded;

base::Fd duplicate(int fd) {
  return base::Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

}  // namespace

Server::Server(base::Reactor& reactor, trace::Core& core, ServerOptions options,
               const View::Services& services)
    : reactor_(reactor),
      core_(core),
      options_(std::move(options)),
      services_(services),
      tree_(core, reactor, *this),
      jobs_(reactor, core, options_.jobs, [this](Pid process) { return how_to_connect(process); }),
      door_(reactor, jobs_, [this] { return who_for(nullptr); }),
      undebugged_(
          reactor, [this](Pid process) { return debugged(process) || native::still_traced(core_, process); },
          [this](Pid process) { forget(process); }) {
  tree_.set_gates(options_.follow.gates);
  door_.when_left([this] {
    if (finishing_) {
      released_one();
    } else {
      end_if_idle();
    }
  });
  options_.target.foreground = options_.terminal && terminal_.in_foreground();
  if (!std::holds_alternative<StdioAddress>(options_.address)) return;
  // There is no second connection to be had on stdin.
  options_.life.once = true;
  // The program must neither read the client's packets nor write between the replies.
  null_ = base::Fd(::open("/dev/null", O_RDWR | O_CLOEXEC));
  options_.target.foreground = false;
  options_.target.descriptors = {{STDIN_FILENO, null_.get()}, {STDOUT_FILENO, STDERR_FILENO}};
}

Server::~Server() {
  // Sessions refer to the targets in the views, and would otherwise be destroyed after them.
  clients_.clear();
}

Result<> Server::bind() {
  return std::visit(Overloaded{
                        [this](const TcpAddress& address) -> Result<> {
                          const auto resolved = resolve(address);
                          if (!resolved) return std::unexpected(resolved.error());
                          auto bound = ListeningSockets::bind(*resolved);
                          if (!bound) return std::unexpected(bound.error());
                          bound_ = std::move(*bound);
                          return {};
                        },
                        [this](const UnixAddress& address) -> Result<> {
                          auto bound = ListeningSockets::bind(address);
                          if (!bound) return std::unexpected(bound.error());
                          bound_ = std::move(*bound);
                          return {};
                        },
                        [](const StdioAddress&) -> Result<> { return {}; },
                        // Opened before the program is started, so that a wrong name starts nothing.
                        [this](const DeviceAddress& address) -> Result<> {
                          auto device = open_device(address.path);
                          if (!device) return std::unexpected(device.error());
                          device_ = std::move(*device);
                          return {};
                        },
                    },
                    options_.address);
}

void Server::start() {
  if (auto bound = bind(); !bound) {
    services_.lines.cannot_start(bound.error().text);
    finish(1);
    return;
  }
  if (const auto* job = std::get_if<StartJob>(&options_.start)) {
    // The public interface knows its thread only once the reactor runs.
    reactor_.defer([this, job] { start_job(*job); });
    return;
  }
  View& view = new_view();
  waiting_ = &view;
  // The answers of the target come from within it, where it must not be called again: what follows is
  // deferred.
  std::visit(Overloaded{
                 [this](std::monostate) { begin(); },
                 [this, &view](const StartProgram& program) {
                   if (null_.valid()) services_.lines.note("stdin/stdout redirected");
                   view.target().processes()->launch({program.arguments},
                                                     [this](Result<session::ThreadRef> first) {
                                                       if (!first)
                                                         services_.lines.cannot_launch(first.error());
                                                       started(first);
                                                     });
                 },
                 [this, &view](const StartAttached& attached) {
                   auto done = [this, pid = attached.process](Result<session::ThreadRef> first) {
                     if (!first) services_.lines.cannot_attach(pid, first.error());
                     started(first);
                   };
                   view.target().processes()->attach(attached.process, true, std::move(done));
                 },
                 [](const StartJob&) {},  // see above
             },
             options_.start);
}

void Server::started(const Result<session::ThreadRef>& first) {
  if (!first) {
    finish(1);
    return;
  }
  served_ = first->pid;
  reactor_.defer([this] {
    if (finishing_) return;
    if (options_.follow.follow)
      follow_quietly(*served_, std::holds_alternative<StartProgram>(options_.start));
    if (options_.follow.runs_at_once()) let_run(*served_);
    begin();
  });
}

void Server::begin() {
  Result<> opened;
  if (bound_) {
    listener_.emplace(reactor_, std::move(*bound_), *this);
    bound_.reset();
    opened = listener_->start();
  } else {
    opened = open_stream();
  }
  if (!opened) {
    services_.lines.cannot_start(opened.error().text);
    finish(1);
    return;
  }
  open_ = true;
  // Nothing that a debugger needs.
  if (auto door = door_.open(); !door) services_.log.info("no control socket: {}", door.error().text);
  announce();
  if (!options_.follow.runs_at_once()) tell_ready();
  // The program may have been killed while the door was still closed.
  end_if_idle();
}

void Server::announce() {
  if (!listener_) return;
  switch (options_.announce) {
    case Announce::nothing:
      return;
    case Announce::address:
      services_.lines.listening(listener_->sockets());
      return;
    case Announce::gdb_command:
      services_.lines.gdb_command(listener_->sockets());
      return;
  }
}

Result<> Server::open_stream() {
  services_.lines.streaming(to_string(options_.address));
  if (const auto* device = std::get_if<DeviceAddress>(&options_.address)) {
    if (!device_.valid()) {
      auto again = open_device(device->path);
      if (!again) return std::unexpected(again.error());
      device_ = std::move(*again);
    }
    welcome(*std::exchange(waiting_, nullptr), device->path, std::move(device_), base::Fd());
    return {};
  }
  auto input = duplicate(STDIN_FILENO);
  auto output = duplicate(STDOUT_FILENO);
  if (!input.valid() || !output.valid()) return base::fail_errno("stdio");
  welcome(*std::exchange(waiting_, nullptr), "stdio", std::move(input), std::move(output));
  return {};
}

// With gdbserver's manners: the same view for the next client, with what is left in it.
void Server::listen_again(View& view) {
  waiting_ = &view;
  if (listener_) {
    listener_->resume();
    announce();
  } else if (auto opened = open_stream(); !opened) {
    services_.lines.cannot_start(opened.error().text);
    finish(1);
  }
}

void Server::finish(int exit_code) {
  if (finishing_) return;
  finishing_ = true;
  exit_code_ = exit_code;
  tell_unmatched();
  // Often called from within a client or a target, which are about to go.
  reactor_.defer([this] {
    patience_ = reactor_.at(base::Reactor::Clock::now() + patience, [this] { reactor_.stop(); });
    // No new client, then no old one, then what they had: nobody is told of the ends that this brings about.
    if (listener_) listener_->close();
    bound_.reset();
    clients_.clear();
    end_jobs();
    for (auto& view : views_) {
      if (!view.given_up()) give_up(view, true);
    }
    released_one();
  });
}

// Of all that the end waits for.
void Server::released_one() {
  if (views_.empty() && !door_.busy()) released_all();
}

void Server::released_all() {
  // Programs of ours that run undebugged, because the connection of the client that had them broke.
  undebugged_.kill(ours_);
  for (const auto process : ours_) terminal_.take_back(process);
  reactor_.stop();
}

}  // namespace cotrace::server
