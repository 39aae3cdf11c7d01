#include "native/shell_command.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "base/errno_error.h"
#include "linux/launch.h"

namespace cotrace::native {

namespace {

// More than any reply can carry.
constexpr std::size_t longest_output = std::size_t{256} * 1024;

}  // namespace

Result<std::unique_ptr<ShellCommand>> ShellCommand::start(base::Reactor& reactor,
                                                          const session::HostPlatform::ShellRequest& request,
                                                          const sys::SignalState& signals, Done done) {
  std::unique_ptr<ShellCommand> command(new ShellCommand(reactor, std::move(done)));
  if (auto spawned = command->spawn(request, signals); !spawned) return std::unexpected(spawned.error());
  if (auto watched = command->watch(); !watched) return std::unexpected(watched.error());
  if (request.at_most) {
    command->on_timeout_ = reactor.at(base::Reactor::Clock::now() + *request.at_most, [raw = command.get()] {
      ::kill(-raw->pid_.value, SIGKILL);  // its end is heard of as any other
    });
  }
  return command;
}

Result<> ShellCommand::spawn(const session::HostPlatform::ShellRequest& request,
                             const sys::SignalState& signals) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return base::fail_errno("pipe");
  output_ = base::Fd(pipe[0]);
  const base::Fd writing(pipe[1]);
  const base::Fd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);

  sys::LaunchSpec spec;
  spec.arguments = {"/bin/sh", "-c", request.command};
  spec.working_directory = request.directory;
  spec.disable_randomization = false;
  spec.signals = signals;
  spec.descriptors = {
      {STDIN_FILENO, nothing.get()}, {STDOUT_FILENO, writing.get()}, {STDERR_FILENO, writing.get()}};
  auto launch = sys::PendingLaunch::start(spec);
  if (!launch) return std::unexpected(launch.error());
  if (auto released = launch->release(); !released) return released;
  pid_ = launch->pid();
  launch->disown();
  return {};
}

Result<> ShellCommand::watch() {
  process_ = base::Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid_.value, 0)));
  if (!process_.valid()) return base::fail_errno("pidfd_open");
  auto on_process = reactor_.watch(process_.get(), EPOLLIN, [this](std::uint32_t) { on_exit(); });
  if (!on_process) return std::unexpected(on_process.error());
  auto on_output = reactor_.watch(output_.get(), EPOLLIN, [this](std::uint32_t) {
    if (!read_output()) on_output_.reset();
  });
  if (!on_output) return std::unexpected(on_output.error());
  on_process_ = std::move(*on_process);
  on_output_ = std::move(*on_output);
  return {};
}

bool ShellCommand::read_output() {
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto got = ::read(output_.get(), buffer.data(), buffer.size());
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    // The rest is read and dropped, or the command would wait for ever.
    const auto room = longest_output - std::min(longest_output, text_.size());
    text_.append(buffer.data(), std::min(static_cast<std::size_t>(got), room));
  }
}

// What the command has left running in the background may hold the pipe open: nobody waits for that.
void ShellCommand::on_exit() {
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(process_.get()), &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0)
    return;
  pid_ = {};
  read_output();
  on_timeout_.reset();
  on_output_.reset();
  on_process_.reset();
  ExitStatus status{.signalled = info.si_code != CLD_EXITED,
                    .code = info.si_status,
                    .core_dumped = info.si_code == CLD_DUMPED};
  const auto done = std::make_shared<Done>(std::move(done_));
  reactor_.defer([done, outcome = session::HostPlatform::ShellOutcome{status, std::move(text_)}]() mutable {
    (*done)(std::move(outcome));
  });
}

ShellCommand::~ShellCommand() {
  if (pid_ == Pid{}) return;
  ::kill(-pid_.value, SIGKILL);
  // The shell dies at once, so this takes no time worth speaking of.
  siginfo_t info{};
  ::waitid(P_PIDFD, static_cast<id_t>(process_.get()), &info, WEXITED);
}

}  // namespace cotrace::native
