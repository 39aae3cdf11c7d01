// Subject: the ways to end.
//
// exits code N          main returns N
// exits thread N        another thread ends the process with N
// exits last N          the leader ends by pthread_exit, then the last thread calls exit(N)
// exits signal N        dies of signal N
// exits thread_signal N another thread is the one that takes the deadly signal

#include <pthread.h>
#include <signal.h>

#include "support.h"

static int number;
static pthread_t leader;

static void* end_process(void* unused) {
  (void)unused;
  _exit(number);
}

static void* end_after_leader(void* unused) {
  (void)unused;
  REQUIRE(pthread_join(leader, NULL) == 0);
  exit(number);
}

static void* die(void* unused) {
  (void)unused;
  REQUIRE(number == SIGKILL || number == SIGSTOP || signal(number, SIG_DFL) != SIG_ERR);
  raise(number);
  return NULL;
}

int main(int argc, char** argv) {
  const char* way = argc > 1 ? argv[1] : "";
  pthread_t id;
  number = (int)argument(argc, argv, 2, 0);
  leader = pthread_self();
  if (strcmp(way, "code") == 0) return number;
  if (strcmp(way, "signal") == 0) die(NULL);
  if (strcmp(way, "last") == 0) {
    REQUIRE(pthread_create(&id, NULL, end_after_leader, NULL) == 0);
    pthread_exit(NULL);
  }
  if (strcmp(way, "thread") == 0 || strcmp(way, "thread_signal") == 0) {
    void* (*run)(void*) = strcmp(way, "thread") == 0 ? end_process : die;
    REQUIRE(pthread_create(&id, NULL, run, NULL) == 0);
    for (;;) pause();
  }
  fprintf(stderr, "usage: exits code|thread|last|signal|thread_signal N\n");
  return 2;
}
