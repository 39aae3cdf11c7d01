// Subject: processes made by clone(2) whose kind the ptrace event does not tell.
//
// clone_kinds KIND [ROUNDS=3], KIND one of
//   vm          CLONE_VM | SIGCHLD: comes as PTRACE_EVENT_FORK, shares the memory
//   vm_silent   CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND without a signal: comes as
//               PTRACE_EVENT_CLONE, is a process, shares the memory
//   silent      no flags, no signal: comes as PTRACE_EVENT_CLONE, is a process with a copy
//   vfork       CLONE_VM | CLONE_VFORK without a signal
//   vfork_copy  CLONE_VFORK | SIGCHLD: comes as PTRACE_EVENT_VFORK, but nothing is lent
// Parent and child call landmark(). Prints "clone_kinds parent=P child=C".

#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "support.h"

struct Kind {
  const char* name;
  int flags;
};
static const struct Kind kinds[] = {
    {"vm", CLONE_VM | SIGCHLD},
    {"vm_silent", CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND},
    {"silent", 0},
    {"vfork", CLONE_VM | CLONE_VFORK},
    {"vfork_copy", CLONE_VFORK | SIGCHLD},
};

struct Counts {
  long parent;
  long child;
};
static struct Counts* counts;

void landmark(long* counter) {
  __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static int child_main(void* unused) {
  (void)unused;
  landmark(&counts->child);
  // Not exit(): that would flush and tear down what belongs to the parent too.
  syscall(SYS_exit_group, 20);
  return 0;
}

static void one_round(int flags) {
  enum { kStackBytes = 64 * 1024 };
  int status;
  char* stack = mmap(NULL, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(stack != MAP_FAILED);
  pid_t child = clone(child_main, stack + kStackBytes, flags, NULL);
  REQUIRE(child > 0);
  landmark(&counts->parent);
  REQUIRE(waitpid(child, &status, __WALL) == child);
  REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 20);
  REQUIRE(munmap(stack, kStackBytes) == 0);
}

int main(int argc, char** argv) {
  const char* name = argc > 1 ? argv[1] : "";
  long rounds = argument(argc, argv, 2, 3);
  counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(counts != MAP_FAILED);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
    if (strcmp(name, kinds[i].name) != 0) continue;
    for (long round = 0; round < rounds; ++round) one_round(kinds[i].flags);
    printf("clone_kinds parent=%ld child=%ld\n", counts->parent, counts->child);
    return counts->parent == rounds && counts->child == rounds ? 0 : 1;
  }
  fprintf(stderr, "usage: clone_kinds KIND [ROUNDS]\n");
  return 2;
}
