// Subject: a process that creates and ends threads all the time.
//
// thread_storm [STANDING=1000] [CHURNERS=4] [wait]: STANDING threads that only wait; CHURNERS threads that
// create and join one thread after another; and as many chains: a thread that creates its successor and ends.
// They go on until told to end by stdin ("wait"), or else until 2000 threads have come and gone. Prints
// "thread_storm standing=S"; exits with 0 when as many threads ended as were created.

#include <pthread.h>

#include "support.h"

static volatile int go_on = 1;
static long created;
static long ended;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_attr_t small_stack;
static long limit;
static long chains_alive;
static int release;

static void note_end(void) {
  pthread_mutex_lock(&mutex);
  ++ended;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

static int may_create(void) {
  pthread_mutex_lock(&mutex);
  int may = go_on && (limit == 0 || created < limit);
  if (may) ++created;
  pthread_mutex_unlock(&mutex);
  return may;
}

static void* short_life(void* unused) {
  (void)unused;
  note_end();
  return NULL;
}

static void* churn(void* unused) {
  (void)unused;
  while (may_create()) {
    pthread_t id;
    REQUIRE(pthread_create(&id, &small_stack, short_life, NULL) == 0);
    REQUIRE(pthread_join(id, NULL) == 0);
  }
  return NULL;
}

// Each link of a chain creates the next and ends: whoever lists the threads finds new ones for ever.
static void* chain(void* unused) {
  (void)unused;
  if (may_create()) {
    pthread_t id;
    // Counted before there is a successor: that one may be the last, and main looks when it has gone.
    note_end();
    REQUIRE(pthread_create(&id, &small_stack, chain, NULL) == 0);
    REQUIRE(pthread_detach(id) == 0);
    return NULL;
  }
  pthread_mutex_lock(&mutex);
  --chains_alive;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
  return NULL;
}

static void* stand(void* unused) {
  (void)unused;
  pthread_mutex_lock(&mutex);
  while (!release) pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
  return NULL;
}

int main(int argc, char** argv) {
  long standing = argument(argc, argv, 1, 1000);
  long churners = argument(argc, argv, 2, 4);
  int waits = has_word(argc, argv, "wait");
  limit = waits ? 0 : 2000;
  REQUIRE(pthread_attr_init(&small_stack) == 0);
  REQUIRE(pthread_attr_setstacksize(&small_stack, 64 * 1024) == 0);
  pthread_t* ids = calloc((size_t)(standing + churners), sizeof *ids);
  REQUIRE(ids != NULL);
  for (long i = 0; i < standing; ++i) REQUIRE(pthread_create(&ids[i], &small_stack, stand, NULL) == 0);
  chains_alive = churners;
  for (long i = 0; i < churners; ++i) {
    pthread_t first;
    REQUIRE(pthread_create(&ids[standing + i], &small_stack, churn, NULL) == 0);
    REQUIRE(pthread_create(&first, &small_stack, chain, NULL) == 0);
    REQUIRE(pthread_detach(first) == 0);
  }
  if (waits) {
    announce();
    wait_for_go();
    go_on = 0;
  }
  for (long i = 0; i < churners; ++i) REQUIRE(pthread_join(ids[standing + i], NULL) == 0);
  pthread_mutex_lock(&mutex);
  while (chains_alive > 0) pthread_cond_wait(&changed, &mutex);
  release = 1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
  for (long i = 0; i < standing; ++i) REQUIRE(pthread_join(ids[i], NULL) == 0);
  printf("thread_storm standing=%ld\n", standing);
  return created == ended ? 0 : 1;
}
