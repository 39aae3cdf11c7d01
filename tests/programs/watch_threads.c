// Subject: variables to watch, written and read by several threads.
//
// watch_threads [THREADS=3] [WRITES=4] [wait]: thread k writes slots[k] WRITES times (values k*100+1 ...),
// one thread after the other, so that the order of the writes is known; then every slot is read once by the
// main thread through read_slot(). The threads all exist from the beginning ("ready" comes then). The last
// one also writes `shared_total`. Prints "watch_threads writes=W sum=S".

#include <pthread.h>

#include "support.h"

enum { kMaximum = 16 };
int slots[kMaximum];
int shared_total;
static long writes_each;
static long turn;
static long writes_made;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

void write_slot(long which, int value) {
  slots[which] = value;
}
int read_slot(long which) {
  return slots[which];
}

static void take_turn(long number) {
  pthread_mutex_lock(&mutex);
  while (turn != number) pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
}

static void pass_turn(void) {
  pthread_mutex_lock(&mutex);
  ++turn;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

static void* run(void* argument_of_thread) {
  long number = (long)argument_of_thread;
  take_turn(number);
  for (long i = 1; i <= writes_each; ++i) {
    write_slot(number, (int)(number * 100 + i));
    ++writes_made;
  }
  shared_total += (int)writes_each;
  pass_turn();
  return NULL;
}

int main(int argc, char** argv) {
  pthread_t ids[kMaximum];
  long threads = argument(argc, argv, 1, 3);
  writes_each = argument(argc, argv, 2, 4);
  REQUIRE(threads <= kMaximum);
  turn = -1;
  for (long i = 0; i < threads; ++i) REQUIRE(pthread_create(&ids[i], NULL, run, (void*)i) == 0);
  if (has_word(argc, argv, "wait")) {
    announce();
    wait_for_go();
  }
  pass_turn();  // mark: all-threads-there
  for (long i = 0; i < threads; ++i) REQUIRE(pthread_join(ids[i], NULL) == 0);
  long sum = 0;
  for (long i = 0; i < threads; ++i) sum += read_slot(i);
  printf("watch_threads writes=%ld sum=%ld\n", writes_made, sum);
  return writes_made == threads * writes_each && shared_total == writes_made ? 0 : 1;
}
