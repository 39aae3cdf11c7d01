// Subject: a process that is traced already, by somebody else.
//
// traced_child: forks a child and seizes it; prints "ready CHILD" (the child's id) and waits for stdin; then
// lets the child end. The attach that a test tries meanwhile must be refused with a reason that names this
// program.

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "support.h"

int main(void) {
  int status;
  pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    for (;;) pause();
  }
  REQUIRE(ptrace(PTRACE_SEIZE, child, NULL, NULL) == 0);
  printf("ready %d\n", (int)child);
  fflush(stdout);
  wait_for_go();
  REQUIRE(kill(child, SIGKILL) == 0);
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  printf("traced_child done\n");
  return 0;
}
