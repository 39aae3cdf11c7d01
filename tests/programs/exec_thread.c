// Subject: exec called by a thread that is not the leader, while others live.
//
// exec_thread [TIMES=3]: a second thread execs this program again, TIMES times; the image that has no exec
// left prints "exec_thread done" and ends with 42. Each image checks that the process id stayed and that its
// first thread has it.

#include <pthread.h>
#include <signal.h>

#include "support.h"

static const char* self;
static long times_left;
static pthread_barrier_t all_there;

void before_exec(long left) {
  (void)left;
}

static void* idle(void* unused) {
  (void)unused;
  pthread_barrier_wait(&all_there);
  for (;;) pause();
  return NULL;
}

static void* do_exec(void* unused) {
  (void)unused;
  char left[24];
  char pid[24];
  snprintf(left, sizeof left, "%ld", times_left - 1);
  snprintf(pid, sizeof pid, "%d", (int)getpid());
  pthread_barrier_wait(&all_there);
  before_exec(times_left);
  execl(self, self, left, pid, (char*)NULL);
  REQUIRE(!"exec came back");
  return NULL;
}

int main(int argc, char** argv) {
  pthread_t id;
  self = argv[0];
  times_left = argument(argc, argv, 1, 3);
  REQUIRE(argument(argc, argv, 2, getpid()) == getpid());
  REQUIRE(own_tid() == getpid());
  if (times_left == 0) {
    printf("exec_thread done\n");
    return 42;
  }
  REQUIRE(pthread_barrier_init(&all_there, NULL, 4) == 0);
  for (int i = 0; i < 2; ++i) REQUIRE(pthread_create(&id, NULL, idle, NULL) == 0);
  REQUIRE(pthread_create(&id, NULL, do_exec, NULL) == 0);
  idle(NULL);
}
