// Subject: threads that call one function a known number of times, all at once.
//
// counter_threads [THREADS=4] [CALLS=1000] [wait]: each thread calls tick() CALLS times; with "wait" the
// threads exist, and wait at a barrier, before "ready" is printed. Prints "counter_threads threads=T
// calls=N", N counted by tick itself.

#include <pthread.h>

#include "support.h"

long calls_made;
static long calls_each;
static pthread_barrier_t start;

void tick(long serial) {
  (void)serial;
  __atomic_add_fetch(&calls_made, 1, __ATOMIC_RELAXED);  // mark: tick
}

static void* run(void* unused) {
  (void)unused;
  pthread_barrier_wait(&start);
  for (long i = 0; i < calls_each; ++i) tick(i);
  return NULL;
}

int main(int argc, char** argv) {
  long threads = argument(argc, argv, 1, 4);
  calls_each = argument(argc, argv, 2, 1000);
  pthread_t* ids = calloc((size_t)threads, sizeof *ids);
  REQUIRE(ids != NULL);
  REQUIRE(pthread_barrier_init(&start, NULL, (unsigned)threads + 1) == 0);
  for (long i = 0; i < threads; ++i) REQUIRE(pthread_create(&ids[i], NULL, run, NULL) == 0);
  if (has_word(argc, argv, "wait")) {
    announce();
    wait_for_go();
  }
  pthread_barrier_wait(&start);  // mark: go
  for (long i = 0; i < threads; ++i) REQUIRE(pthread_join(ids[i], NULL) == 0);
  printf("counter_threads threads=%ld calls=%ld\n", threads, calls_made);
  return calls_made == threads * calls_each ? 0 : 1;
}
