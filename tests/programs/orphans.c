// Subject: a child that outlives its parent.
//
// orphans KIND [CALLS=20] [subreaper]: KIND is "fork" or "clone_vm" (the child is on the parent's memory).
// The parent calls landmark() CALLS times and ends with 5; the child waits for that, prints "orphan PID",
// waits to be let go, calls landmark() CALLS times and ends with 6. With "subreaper" both are below a process
// that takes the orphan over and ends with 0 where both ended so; otherwise init does. The parent prints
// "parent PID" at first, and waits.

#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "support.h"

struct Counts {
  long parent;
  long child;
};
static struct Counts* counts;
static long calls;
static pid_t parent;

void landmark(long* counter) {
  __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static void call_often(long* counter) {
  for (long i = 0; i < calls; ++i) landmark(counter);
}

static void say(const char* who) {
  char line[64];
  const int length = snprintf(line, sizeof line, "%s %d\n", who, (int)getpid());
  if (write(STDOUT_FILENO, line, (size_t)length) != length) _exit(1);
}

static int orphan_main(void* unused) {
  (void)unused;
  while (getppid() == parent) sched_yield();
  say("orphan");
  wait_for_go();
  call_often(&counts->child);
  syscall(SYS_exit_group, counts->parent == calls && counts->child == calls ? 6 : 1);
  return 0;
}

static int be_parent(const char* kind) {
  enum { kStackBytes = 256 * 1024 };
  char byte;
  char* stack = mmap(NULL, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(stack != MAP_FAILED);
  parent = getpid();
  say("parent");
  REQUIRE(read(STDIN_FILENO, &byte, 1) == 1);
  const int flags = strcmp(kind, "clone_vm") == 0 ? CLONE_VM : 0;
  REQUIRE(clone(orphan_main, stack + kStackBytes, flags | SIGCHLD, NULL) > 0);
  call_often(&counts->parent);
  syscall(SYS_exit_group, 5);
  return 1;
}

int main(int argc, char** argv) {
  int status;
  REQUIRE(argc > 1);
  calls = argument(argc, argv, 2, 20);
  counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(counts != MAP_FAILED);
  if (!has_word(argc, argv, "subreaper")) return be_parent(argv[1]);
  REQUIRE(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) return be_parent(argv[1]);
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 5);
  REQUIRE(wait(&status) > 0);
  REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 6);
  return 0;
}
