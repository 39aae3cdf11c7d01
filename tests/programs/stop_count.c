// Subject: how often a thread has stood still, as the kernel counts it: each stop for a tracer is a voluntary
// context switch (getrusage(2), ru_nvcsw), and nothing else that the thread does is one.
//
// stop_count [CALLS=500]: the main thread makes CALLS system calls, then a second thread makes as many.
// Prints "stop_count main=M second=S": the switches of each while it made them.

#define _GNU_SOURCE
#include <pthread.h>
#include <sys/resource.h>

#include "support.h"

static long calls;

static long switches(void) {
  struct rusage usage;
  REQUIRE(getrusage(RUSAGE_THREAD, &usage) == 0);
  return usage.ru_nvcsw;
}

static long make_calls(void) {
  const long before = switches();
  for (long i = 0; i < calls; ++i) REQUIRE(syscall(SYS_getppid) > 0);
  return switches() - before;
}

static void* run(void* result) {
  *(long*)result = make_calls();
  return NULL;
}

int main(int argc, char** argv) {
  pthread_t id;
  long second;
  calls = argument(argc, argv, 1, 500);
  long first = make_calls();
  REQUIRE(pthread_create(&id, NULL, run, &second) == 0);
  REQUIRE(pthread_join(id, NULL) == 0);
  printf("stop_count main=%ld second=%ld\n", first, second);
  return 0;
}
