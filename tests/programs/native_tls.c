// Subject: thread-local variables of the program, one value a thread.
//
// native_tls: the main thread sets its `own_value` to 7, a second thread sets its own to 8; when both have,
// at_rest() is called by the main thread. Prints "native_tls values=15".
#include <pthread.h>

#include "support.h"

__thread int own_value = 41;
static pthread_barrier_t both_set, may_end;

void at_rest(void) {}

static void* second(void* sum) {
  own_value = 8;
  pthread_barrier_wait(&both_set);
  pthread_barrier_wait(&may_end);
  *(int*)sum += own_value;
  return NULL;
}

int main(void) {
  int sum = 0;
  pthread_t thread;
  own_value = 7;
  REQUIRE(pthread_barrier_init(&both_set, NULL, 2) == 0);
  REQUIRE(pthread_barrier_init(&may_end, NULL, 2) == 0);
  REQUIRE(pthread_create(&thread, NULL, second, &sum) == 0);
  pthread_barrier_wait(&both_set);
  at_rest();
  pthread_barrier_wait(&may_end);
  REQUIRE(pthread_join(thread, NULL) == 0);
  printf("native_tls values=%d\n", sum + own_value);
  return 0;
}
