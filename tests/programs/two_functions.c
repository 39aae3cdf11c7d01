// Subject: threads that call two functions a known number of times each, for two debuggers with a breakpoint
// each.
//
// two_functions [THREADS=3] [CALLS=4] [wait]: each thread calls first() and second() in turn, CALLS times.
// With "wait" the threads exist, and wait at a barrier, before "ready" is printed. Prints "two_functions
// first=N second=N", counted by the functions themselves.

#include <pthread.h>

#include "support.h"

long first_calls, second_calls;
static long calls_each;
static pthread_barrier_t start;

void first(void) {
  __atomic_add_fetch(&first_calls, 1, __ATOMIC_RELAXED);
}

void second(void) {
  __atomic_add_fetch(&second_calls, 1, __ATOMIC_RELAXED);
}

static void* run(void* unused) {
  (void)unused;
  pthread_barrier_wait(&start);
  for (long i = 0; i < calls_each; ++i) {
    first();
    second();
  }
  return NULL;
}

int main(int argc, char** argv) {
  long threads = argument(argc, argv, 1, 3);
  calls_each = argument(argc, argv, 2, 4);
  pthread_t* ids = calloc((size_t)threads, sizeof *ids);
  REQUIRE(ids != NULL);
  REQUIRE(pthread_barrier_init(&start, NULL, (unsigned)threads + 1) == 0);
  for (long i = 0; i < threads; ++i) REQUIRE(pthread_create(&ids[i], NULL, run, NULL) == 0);
  if (has_word(argc, argv, "wait")) {
    announce();
    wait_for_go();
  }
  pthread_barrier_wait(&start);
  for (long i = 0; i < threads; ++i) REQUIRE(pthread_join(ids[i], NULL) == 0);
  printf("two_functions first=%ld second=%ld\n", first_calls, second_calls);
  return 0;
}
