// Subject: a process that makes two of itself, which do the same, until the kernel refuses.
//
// fork_bomb [LIMIT=150] [BIRTHS=3000]: no more than LIMIT processes of its user at a time (RLIMIT_NPROC; as
// root, which that does not bind, of a user id of its own). They fork until there have been BIRTHS births;
// each waits for its children. Prints "fork_bomb births=N refused=R bad=B": bad ends are those that a child
// did not choose itself.

#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "support.h"

struct Counts {
  long births;
  long refused;
  long bad;
};
static struct Counts* counts;

static long add(long* counter, long more) {
  return __atomic_add_fetch(counter, more, __ATOMIC_RELAXED);
}

static void reap(void) {
  int status;
  while (waitpid(-1, &status, 0) > 0) {
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) add(&counts->bad, 1);
  }
}

// The first one goes on to the end. Of the others, one that is refused ends when its children have, and so
// makes room.
static void breed(long births, int is_first) {
  while (add(&counts->births, 1) <= births) {
    const pid_t child = fork();
    if (child == 0) is_first = 0;
    if (child >= 0) continue;
    REQUIRE(errno == EAGAIN);
    add(&counts->births, -1);
    add(&counts->refused, 1);
    reap();
    if (!is_first) return;
  }
  reap();
}

int main(int argc, char** argv) {
  const struct rlimit limit = {(rlim_t)argument(argc, argv, 1, 150), (rlim_t)argument(argc, argv, 1, 150)};
  const long births = argument(argc, argv, 2, 3000);
  counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(counts != MAP_FAILED);
  const pid_t first = getpid();
  REQUIRE(setrlimit(RLIMIT_NPROC, &limit) == 0);
  if (geteuid() == 0) {
    const uid_t own = 0x40000000u + (uid_t)first;
    REQUIRE(setresuid(own, own, own) == 0);
  }
  breed(births, 1);
  if (getpid() != first) _exit(0);
  printf("fork_bomb births=%ld refused=%ld bad=%ld\n", births, counts->refused, counts->bad);
  return counts->bad == 0 ? 0 : 1;
}
