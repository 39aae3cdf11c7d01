// A tracer that follows a whole process tree and does nothing else: what the kernel's part of following
// costs.
//
// bare_follow PROGRAM [ARGS...]: ends with the program's exit code, when the last process has ended.

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

constexpr long options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
                         PTRACE_O_TRACEVFORKDONE | PTRACE_O_EXITKILL;

pid_t start(char** arguments) {
  int gate[2];
  if (pipe(gate) != 0) fail("pipe");
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    char byte = 0;
    close(gate[1]);
    if (read(gate[0], &byte, 1) != 1) _exit(126);
    execvp(arguments[0], arguments);
    _exit(127);
  }
  if (ptrace(PTRACE_SEIZE, child, nullptr, options) != 0) fail("seize");
  if (write(gate[1], "g", 1) != 1) fail("write");
  return child;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const pid_t first = start(argv + 1);
  int code = 1;
  for (;;) {
    int status = 0;
    const pid_t task = waitpid(-1, &status, __WALL);
    if (task < 0) {
      if (errno == EINTR) continue;
      return code;  // nobody is left
    }
    if (!WIFSTOPPED(status)) {
      if (task == first) code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      continue;
    }
    const int event = status >> 16;
    const bool group_stop = event == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP;
    const long signal = event == 0 ? WSTOPSIG(status) : 0;
    // ESRCH: killed meanwhile.
    if (ptrace(group_stop ? PTRACE_LISTEN : PTRACE_CONT, task, nullptr, signal) != 0 && errno != ESRCH)
      fail("resume");
  }
}
