// Subject: system calls in a loop, counted by kind.
//
// syscalls [ROUNDS=5] [THREADS=0] [wait]: each round calls getppid, getpid twice (with the raw instruction,
// not through a cache) and writes nothing to a closed descriptor, which must fail with EBADF. THREADS more
// threads do the same. Prints "syscalls rounds=R".

#include <pthread.h>

#include "support.h"

static long rounds;
static long rounds_done;

void one_round(void) {
  REQUIRE(syscall(SYS_getppid) > 0);
  REQUIRE(syscall(SYS_getpid) == getpid());
  REQUIRE(syscall(SYS_getpid) == getpid());
  errno = 0;
  REQUIRE(syscall(SYS_write, -1, "x", 1) == -1 && errno == EBADF);
  __atomic_add_fetch(&rounds_done, 1, __ATOMIC_RELAXED);
}

static void* run(void* unused) {
  (void)unused;
  for (long i = 0; i < rounds; ++i) one_round();
  return NULL;
}

int main(int argc, char** argv) {
  enum { kMaximum = 64 };
  pthread_t ids[kMaximum];
  rounds = argument(argc, argv, 1, 5);
  long threads = argument(argc, argv, 2, 0);
  REQUIRE(threads <= kMaximum);
  if (has_word(argc, argv, "wait")) {
    announce();
    wait_for_go();
  }
  for (long i = 0; i < threads; ++i) REQUIRE(pthread_create(&ids[i], NULL, run, NULL) == 0);
  run(NULL);
  for (long i = 0; i < threads; ++i) REQUIRE(pthread_join(ids[i], NULL) == 0);
  printf("syscalls rounds=%ld\n", rounds_done);
  return rounds_done == rounds * (threads + 1) ? 0 : 1;
}
