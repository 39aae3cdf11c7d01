// Subject: a process and a child of it that lives long, on the same memory or on a copy.
//
// sharers FLAGS [CALLS=50] [first]: FLAGS are those of clone(2), as a number; SIGCHLD is added. The child
// prints "ready PARENT CHILD" and waits; with "first" the parent prints "ready PARENT" before it makes the
// child, and waits, too. The child then calls landmark() CALLS times, and ends with 20; after that so does
// the parent. Prints "sharers parent=N child=N end=E": calls of each, and the code that the child ended with,
// or the number of the signal, negative.

#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "support.h"

struct Counts {
  long parent;
  long child;
};
static struct Counts* counts;
static long calls;

void landmark(long* counter) {
  __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static int child_main(void* unused) {
  char line[64];
  (void)unused;
  // No stdio: the buffers are the parent's, too.
  const int length = snprintf(line, sizeof line, "ready %d %d\n", (int)getppid(), (int)getpid());
  if (write(STDOUT_FILENO, line, (size_t)length) != length) _exit(1);
  wait_for_go();
  for (long i = 0; i < calls; ++i) landmark(&counts->child);
  syscall(SYS_exit_group, 20);
  return 0;
}

int main(int argc, char** argv) {
  enum { kStackBytes = 256 * 1024 };
  int status;
  const long flags = argument(argc, argv, 1, 0);
  calls = argument(argc, argv, 2, 50);
  counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  char* stack = mmap(NULL, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(counts != MAP_FAILED && stack != MAP_FAILED);
  if (has_word(argc, argv, "first")) {
    announce();
    wait_for_go();
  }
  pid_t child = clone(child_main, stack + kStackBytes, (int)flags | SIGCHLD, NULL);
  REQUIRE(child > 0);
  REQUIRE(waitpid(child, &status, 0) == child);
  for (long i = 0; i < calls; ++i) landmark(&counts->parent);
  const int end = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  printf("sharers parent=%ld child=%ld end=%d\n", counts->parent, counts->child, end);
  return 0;
}
