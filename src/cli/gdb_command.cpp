#include "cli/gdb_command.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "server/runtime_directory.h"

namespace cotrace::cli {
namespace {

using base::Fd;

// The server's side. `ready` is written to as soon as gdb can connect.
int serve(GdbCommand& command, pid_t gdb, Fd ready) {
  // gdb may end without ever connecting. The signal is sent when the thread that forked us ends; gdb takes
  // its place by exec.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != gdb) return 1;
  // gdb has the terminal. Its Ctrl-C reaches the program through the protocol, not the server through the
  // terminal.
  ::setpgid(0, 0);
  const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (null.valid()) ::dup2(null.get(), STDIN_FILENO);
  auto options = std::move(command.server);
  options.life = {.gdbserver = true, .once = true};
  options.announce = server::Announce::nothing;
  options.terminal = false;
  options.ready = [&ready] {
    [[maybe_unused]] const auto written = ::write(ready.get(), "r", 1);
    ready.close();
  };
  return run_server(std::move(options), server::Manner::own, command.reporting);
}

int exit_code_of(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int become_gdb(const GdbCommand& command, const std::string& socket) {
  std::vector<std::string> words = {
      command.gdb,
      // The program's files are here: gdb need not read them through the protocol.
      "-iex", "set sysroot /", "-ex", fmt::format("target extended-remote {}", socket)};
  if (command.server.follow.follow) {
    // Before the user's own initialization files, which may say otherwise. Non-stop: in all-stop gdb 13 stops
    // everything whenever one of the processes ends.
    for (const char* setting : {"set non-stop on", "set detach-on-fork off", "set schedule-multiple on",
                                "set breakpoint pending on"}) {
      words.insert(words.begin() + 1, {"-iex", setting});
    }
  }
  words.insert(words.end(), command.gdb_arguments.begin(), command.gdb_arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execvp(pointers[0], pointers.data());
  return complain(fmt::format("cannot start {}: {}; install gdb, or name it with --gdb", command.gdb,
                              std::strerror(errno)));
}

}  // namespace

int gdb_command(GdbCommand command) {
  const auto socket = server::default_socket_path();
  if (!socket) return complain(socket.error().text);
  command.server.address = server::UnixAddress{*socket};
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return complain(fmt::format("pipe: {}", std::strerror(errno)));
  Fd reader(ends[0]);
  Fd writer(ends[1]);
  const pid_t self = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return complain(fmt::format("fork: {}", std::strerror(errno)));
  if (child == 0) {
    reader.close();
    return serve(command, self, std::move(writer));
  }
  writer.close();
  char byte = 0;
  ssize_t count = 0;
  while ((count = ::read(reader.get(), &byte, 1)) < 0 && errno == EINTR) {
  }
  // The end of the pipe without a byte: the server has said why on its own.
  if (count != 1) return exit_code_of(child);
  return become_gdb(command, *socket);
}

}  // namespace cotrace::cli
