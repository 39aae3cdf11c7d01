// Subject: how long vforks of one thread keep another one waiting.
//
// vfork_gap [TIMES=200]: the main thread calls tick() in a loop until another one has called system() TIMES
// times. Prints "vfork_gap ticks=N longest=L": L is the longest time in microseconds from one call to the
// next.

#define _GNU_SOURCE
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>

#include "support.h"

static long times;
static int done;
static long ticks;

void tick(void) {
  ++ticks;
}

static void* call_system(void* unused) {
  (void)unused;
  for (long i = 0; i < times; ++i) {
    const int status = system("exit 7");
    REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
  }
  __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
  return NULL;
}

static long microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

int main(int argc, char** argv) {
  pthread_t id;
  long longest = 0;
  times = argument(argc, argv, 1, 200);
  REQUIRE(pthread_create(&id, NULL, call_system, NULL) == 0);
  for (long last = microseconds(); !__atomic_load_n(&done, __ATOMIC_ACQUIRE);) {
    tick();
    const long now = microseconds();
    if (now - last > longest) longest = now - last;
    last = now;
  }
  REQUIRE(pthread_join(id, NULL) == 0);
  printf("vfork_gap ticks=%ld longest=%ld\n", ticks, longest);
  return 0;
}
