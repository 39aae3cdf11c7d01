#include "linux/launch.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <string_view>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/errno_error.h"
#include "base/fd.h"
#include "linux/launch_child.h"

namespace cotrace::sys {

namespace {

struct Pipe {
  base::Fd read, write;
};

// A socket, where the writer must not get SIGPIPE when the child has been killed (MSG_NOSIGNAL is not for
// pipes).
Result<Pipe> make_socket() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return base::fail_errno("cannot make a pair of sockets");
  return Pipe{base::Fd(ends[0]), base::Fd(ends[1])};
}

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return base::fail_errno("cannot make a pipe");
  return Pipe{base::Fd(ends[0]), base::Fd(ends[1])};
}

// Replaces `fd` by a copy whose number is `least` or more.
Result<> move_up(base::Fd& fd, int least) {
  base::Fd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, least));
  if (!moved.valid()) return base::fail_errno("cannot copy a descriptor");
  fd = std::move(moved);
  return {};
}

// PATH as the program's own environment has it, since that is what a shell would use.
std::string search_path(const LaunchSpec& spec) {
  constexpr std::string_view prefix = "PATH=";
  std::string standard = "/usr/local/bin:/bin:/usr/bin";
  if (spec.environment) {
    for (const std::string& variable : *spec.environment)
      if (variable.starts_with(prefix)) return variable.substr(prefix.size());
    return standard;
  }
  const char* path = ::getenv("PATH");
  return path != nullptr ? path : standard;
}

// The files that the name may mean, in the order of PATH. An empty entry is the working directory, as for a
// shell.
std::vector<std::string> candidates(const LaunchSpec& spec) {
  const std::string& name = spec.arguments.front();
  if (name.empty() || name.find('/') != std::string::npos) return {name};
  std::vector<std::string> found;
  const std::string path = search_path(spec);
  std::string_view rest = path;
  while (true) {
    const std::size_t length = std::min(rest.find(':'), rest.size());
    const std::string_view folder = rest.substr(0, length);
    found.push_back(folder.empty() ? "./" + name : fmt::format("{}/{}", folder, name));
    if (length == rest.size()) return found;
    rest.remove_prefix(length + 1);
  }
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A NUL inside would silently cut an argument short.
Result<> check(const LaunchSpec& spec) {
  const auto has_nul = [](const std::string& word) { return word.find('\0') != std::string::npos; };
  if (spec.arguments.empty()) return fail(Errc::invalid, "no program to start");
  if (std::ranges::any_of(spec.arguments, has_nul) || has_nul(spec.working_directory) ||
      (spec.environment && std::ranges::any_of(*spec.environment, has_nul))) {
    return fail(Errc::invalid, "a program's arguments and environment cannot contain a NUL");
  }
  if (std::ranges::any_of(spec.descriptors, [](const auto& pair) { return pair.first < 0; }))
    return fail(Errc::invalid, "a descriptor cannot be negative");
  return {};
}

// Everything that the child needs, made before the fork: in the child of a process with threads nothing may
// be allocated (signal-safety(7)).
struct Preparation {
  std::vector<std::string> arguments, environment, files;
  std::vector<char*> argv, envp, file_pointers;
  std::vector<base::Fd> sources;
  std::vector<ChildPlan::Redirection> redirections;
  Pipe go, failure;
  ChildPlan plan;
};

// Copies every descriptor that the child needs above the numbers that it will overwrite, so that no
// redirection destroys the source of the next, or a pipe.
Result<> prepare_descriptors(const LaunchSpec& spec, Preparation& made) {
  int least = 3;
  for (const auto& [target, source] : spec.descriptors) least = std::max(least, target + 1);
  for (const auto& [target, source] : spec.descriptors) {
    base::Fd copy(::fcntl(source, F_DUPFD_CLOEXEC, least));
    if (!copy.valid()) return base::fail_errno(fmt::format("cannot redirect descriptor {}", target));
    made.redirections.push_back({copy.get(), target});
    made.sources.push_back(std::move(copy));
  }
  auto go = make_socket();
  if (!go) return std::unexpected(std::move(go).error());
  made.go = std::move(*go);
  auto failure = make_pipe();
  if (!failure) return std::unexpected(std::move(failure).error());
  made.failure = std::move(*failure);
  for (Pipe* pipe : {&made.go, &made.failure}) {
    for (base::Fd* end : {&pipe->read, &pipe->write})
      if (auto moved = move_up(*end, least); !moved) return moved;
  }
  return {};
}

Result<> prepare(const LaunchSpec& spec, Preparation& made) {
  if (auto done = prepare_descriptors(spec, made); !done) return done;
  made.arguments = spec.arguments;
  made.files = candidates(spec);
  made.argv = pointers_to(made.arguments);
  made.file_pointers = pointers_to(made.files);
  ChildPlan& plan = made.plan;
  plan.envp = environ;
  if (spec.environment) {
    made.environment = *spec.environment;
    made.envp = pointers_to(made.environment);
    plan.envp = made.envp.data();
  }
  plan.argv = made.argv.data();
  plan.files = made.file_pointers.data();
  plan.working_directory = spec.working_directory.empty() ? nullptr : spec.working_directory.c_str();
  plan.redirections = made.redirections.data();
  plan.redirection_count = made.redirections.size();
  plan.parent = ::getpid();
  plan.go = made.go.read.get();
  plan.parents_go = made.go.write.get();
  plan.failure = made.failure.write.get();
  plan.signals = spec.signals;
  plan.disable_randomization = spec.disable_randomization;
  plan.own_process_group = spec.own_process_group;
  plan.foreground = spec.foreground;
  plan.die_with_tracer = spec.die_with_tracer;
  return {};
}

}  // namespace

// --- the parent's side
// -----------------------------------------------------------------------------------------------

struct PendingLaunch::State {
  Pid pid;
  bool owned{true};
  base::Fd go;       // a byte lets the child go on
  base::Fd failure;  // the child's ChildFailure; end of file once it has exec'ed
  std::optional<Error> told;
  std::string program;
  std::string working_directory;

  ~State() {
    if (owned) kill_and_reap();
  }
  void kill_and_reap() const;
  Error sentence(const ChildFailure& failed) const;
};

void PendingLaunch::State::kill_and_reap() const {
  int status = 0;
  // Not a child of ours any more (ECHILD): somebody has reaped it, and its id may be another process's by
  // now.
  if (::waitpid(pid.value, &status, WNOHANG | __WALL) < 0) return;
  while (true) {
    ::kill(pid.value, SIGKILL);
    const pid_t got = ::waitpid(pid.value, &status, __WALL);
    if (got < 0 && errno != EINTR) return;
    if (got > 0 && !WIFSTOPPED(status)) return;
    // Seized with PTRACE_O_TRACEEXIT, it may stop once more on its way out.
    if (got > 0) ::ptrace(PTRACE_CONT, pid.value, nullptr, nullptr);
  }
}

Result<PendingLaunch> PendingLaunch::start(const LaunchSpec& spec) {
  if (auto done = check(spec); !done) return std::unexpected(std::move(done).error());
  Preparation made;
  if (auto done = prepare(spec, made); !done) return std::unexpected(std::move(done).error());

  // No signal may run one of this process's handlers in the child, so all are blocked until the child has set
  // the dispositions back.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t child = ::fork();
  if (child == 0) run_child(made.plan);
  const int fork_errno = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (child < 0) return std::unexpected(base::errno_error(fork_errno, "cannot fork"));

  // Here and in the child: whoever comes first, the group exists when either goes on.
  if (spec.own_process_group) ::setpgid(child, child);

  auto state = std::make_unique<State>();
  state->pid = Pid{child};
  state->go = std::move(made.go.write);
  state->failure = std::move(made.failure.read);
  state->program = spec.arguments.front();
  state->working_directory = spec.working_directory;
  return PendingLaunch(std::move(state));
}

PendingLaunch::PendingLaunch(std::unique_ptr<State> state) : state_(std::move(state)) {}
PendingLaunch::PendingLaunch(PendingLaunch&&) noexcept = default;
PendingLaunch& PendingLaunch::operator=(PendingLaunch&&) noexcept = default;
PendingLaunch::~PendingLaunch() = default;

Pid PendingLaunch::pid() const {
  return state_->pid;
}

void PendingLaunch::disown() {
  state_->owned = false;
}

Result<> PendingLaunch::release() {
  if (!state_->go.valid()) return fail(Errc::invalid, "the program has been let go already");
  const char byte = 0;
  const bool written = ::send(state_->go.get(), &byte, 1, MSG_NOSIGNAL) == 1;
  const int error = errno;
  state_->go.close();
  if (written) return {};
  if (error == EPIPE) return fail(Errc::gone, "the program was killed before it began");
  return std::unexpected(base::errno_error(error, "cannot let the program go"));
}

std::optional<Error> PendingLaunch::exec_failure() {
  if (state_->told || state_->go.valid() || !state_->failure.valid()) return state_->told;
  // Not blocking: before the child's exec or end there is nothing to read, and the pipe is still open.
  pollfd ready{state_->failure.get(), POLLIN, 0};
  if (::poll(&ready, 1, 0) != 1) return std::nullopt;
  ChildFailure failed{};
  if (::read(state_->failure.get(), &failed, sizeof failed) == static_cast<ssize_t>(sizeof failed))
    state_->told = state_->sentence(failed);
  state_->failure.close();
  return state_->told;
}

Error PendingLaunch::State::sentence(const ChildFailure& failed) const {
  const auto error = [&](std::string text) {
    Error made = base::errno_error(failed.sys_errno, "");
    if (failed.sys_errno == ENOEXEC || failed.sys_errno == E2BIG) made.code = Errc::invalid;
    made.text = std::move(text);
    return made;
  };
  const auto reason = [&](std::string_view what) {
    return error(base::errno_error(failed.sys_errno, what).text);
  };
  switch (failed.stage) {
    case ChildFailure::Stage::redirect:
      return reason("cannot redirect the program's descriptors");
    case ChildFailure::Stage::directory:
      return reason(fmt::format("cannot change to the directory '{}'", working_directory));
    case ChildFailure::Stage::exec:
      break;
  }
  // For a relative name this looks from the program's directory, as the exec did.
  const std::string path =
      program.starts_with('/') || working_directory.empty() ? program : working_directory + "/" + program;
  switch (failed.sys_errno) {
    case ENOENT:
      if (program.find('/') == std::string::npos)
        return error(fmt::format("there is no program '{}' in PATH", program));
      if (::access(path.c_str(), F_OK) == 0)
        return error(fmt::format("the interpreter that '{}' names (#! line or dynamic loader) does not exist",
                                 program));
      return error(fmt::format("there is no program '{}'", program));
    case EACCES:
      return reason(fmt::format("'{}' may not be executed", program));
    case ENOEXEC:
      return error(fmt::format("'{}' is no program for this machine (a script needs a #! line)", program));
    default:
      return reason(fmt::format("cannot execute '{}'", program));
  }
}

}  // namespace cotrace::sys
