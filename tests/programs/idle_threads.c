// Subject: many threads that do nothing, and one that works.
//
// idle_threads [THREADS=10] [wait | work]: THREADS threads blocked for good in a futex wait. "ready PID"
// comes when all of them exist. With "work" the main thread calls work() until `stop_working` is set or 2^62
// calls are made; else it waits for stdin. Prints "idle_threads threads=T".

#include <pthread.h>

#include "support.h"

volatile int stop_working;
volatile long work_done;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t all_there;

void work(void) {
  work_done = work_done + 1;
}

static void* idle(void* unused) {
  (void)unused;
  pthread_barrier_wait(&all_there);
  pthread_mutex_lock(&gate);
  pthread_mutex_unlock(&gate);
  return NULL;
}

int main(int argc, char** argv) {
  long threads = argument(argc, argv, 1, 10);
  pthread_t* ids = calloc((size_t)threads + 1, sizeof *ids);
  pthread_attr_t small_stack;
  REQUIRE(ids != NULL);
  REQUIRE(pthread_attr_init(&small_stack) == 0);
  REQUIRE(pthread_attr_setstacksize(&small_stack, 64 * 1024) == 0);
  REQUIRE(pthread_barrier_init(&all_there, NULL, (unsigned)threads + 1) == 0);
  pthread_mutex_lock(&gate);
  for (long i = 0; i < threads; ++i) REQUIRE(pthread_create(&ids[i], &small_stack, idle, NULL) == 0);
  pthread_barrier_wait(&all_there);
  announce();
  if (has_word(argc, argv, "work")) {
    while (!stop_working) work();  // mark: working
  } else {
    wait_for_go();
  }
  pthread_mutex_unlock(&gate);
  for (long i = 0; i < threads; ++i) REQUIRE(pthread_join(ids[i], NULL) == 0);
  printf("idle_threads threads=%ld\n", threads);
  return 0;
}
