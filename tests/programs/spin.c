// Subject: threads that never leave user mode until they are told to.
//
// spin [THREADS=1] [wait]: THREADS threads and the main one spin until `stop_spinning` is set: by a debugger,
// or, with "wait", by one more thread when stdin has a byte or its end. Prints "spin threads=T" and exits
// with 0.

#include <pthread.h>

#include "support.h"

volatile int stop_spinning;
volatile long turns;

void turn_once(void) {
  ++turns;
}

static void* run(void* unused) {
  (void)unused;
  while (!stop_spinning) turn_once();
  return NULL;
}

static void* wait_then_stop(void* unused) {
  (void)unused;
  wait_for_go();
  stop_spinning = 1;
  return NULL;
}

int main(int argc, char** argv) {
  enum { kMaximum = 64 };
  pthread_t ids[kMaximum + 1];
  long threads = argument(argc, argv, 1, 1);
  int waits = has_word(argc, argv, "wait");
  REQUIRE(threads <= kMaximum);
  for (long i = 0; i < threads; ++i) REQUIRE(pthread_create(&ids[i], NULL, run, NULL) == 0);
  if (waits) REQUIRE(pthread_create(&ids[threads], NULL, wait_then_stop, NULL) == 0);
  announce();
  run(NULL);
  for (long i = 0; i < threads + waits; ++i) REQUIRE(pthread_join(ids[i], NULL) == 0);
  printf("spin threads=%ld\n", threads);
  return 0;
}
