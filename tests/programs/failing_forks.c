// Subject: births that the kernel refuses, and children that are killed as soon as they are there.
//
// failing_forks limit [TIMES=20]: the user may have no more processes (as root, that of nobody): fork, vfork,
//   clone(CLONE_VM) and pthread_create are each refused with EAGAIN, TIMES times; after each landmark() is
//   called.
// failing_forks kill [TIMES=20]: each of TIMES children is killed as soon as fork has returned.
// Prints "failing_forks calls=N".

#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "support.h"

static long calls;

void landmark(void) {
  ++calls;
}

static int never(void* unused) {
  (void)unused;
  return 1;
}

static void* never_thread(void* unused) {
  return unused;
}

static void refused(void) {
  static char stack[64 * 1024] __attribute__((aligned(16)));
  pthread_t id;
  REQUIRE(fork() == -1 && errno == EAGAIN);
  landmark();
  REQUIRE(vfork() == -1 && errno == EAGAIN);
  landmark();
  REQUIRE(clone(never, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL) == -1 && errno == EAGAIN);
  landmark();
  REQUIRE(pthread_create(&id, NULL, never_thread, NULL) == EAGAIN);
  landmark();
}

static void killed(void) {
  int status;
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    for (;;) pause();
  }
  REQUIRE(kill(child, SIGKILL) == 0);
  landmark();
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

int main(int argc, char** argv) {
  const struct rlimit none = {0, 0};
  const uid_t nobody = 65534;
  const long times = argument(argc, argv, 2, 20);
  const int limit = has_word(argc, argv, "limit");
  if (limit) {
    REQUIRE(setrlimit(RLIMIT_NPROC, &none) == 0);
    REQUIRE(getuid() != 0 || setuid(nobody) == 0);
  }
  for (long i = 0; i < times; ++i) {
    if (limit) {
      refused();
    } else {
      killed();
    }
  }
  printf("failing_forks calls=%ld\n", calls);
  return 0;
}
