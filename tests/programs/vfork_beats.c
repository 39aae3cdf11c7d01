// Subject: a function that is called all the time while another thread makes processes.
//
// vfork_beats [CALLS=100] [PHASES=2]: in each phase, which begins when stdin has a byte, a thread calls
// system() CALLS times, and the main thread calls beat() until that is done, and then phase_end() with the
// number of its calls in this phase. Prints "phase=P beats=N" for each.

#include <pthread.h>

#include "support.h"

static long calls;
static int done;

void beat(long number) {
  (void)number;
}

void phase_end(long beats) {
  (void)beats;
}

static void* make_processes(void* unused) {
  (void)unused;
  for (long i = 0; i < calls; ++i) REQUIRE(system(":") == 0);
  __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
  return NULL;
}

int main(int argc, char** argv) {
  calls = argument(argc, argv, 1, 100);
  const long phases = argument(argc, argv, 2, 2);
  announce();
  for (long phase = 1; phase <= phases; ++phase) {
    pthread_t maker;
    long beats = 0;
    wait_for_go();
    done = 0;
    REQUIRE(pthread_create(&maker, NULL, make_processes, NULL) == 0);
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) beat(++beats);
    REQUIRE(pthread_join(maker, NULL) == 0);
    phase_end(beats);
    printf("phase=%ld beats=%ld\n", phase, beats);
    fflush(stdout);
  }
  return 0;
}
