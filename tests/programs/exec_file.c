// Subject: exec of any file, by the leader or by another thread, with other threads alive.
//
// exec_file WHO FILE [ARGUMENT...]: WHO is "leader", "thread", or "alone" (a process of one thread). The file
// is executed with the arguments. If that fails with a way back, prints "exec_file errno=N" and ends with 3.

#include <pthread.h>

#include "support.h"

static char** command;
static pthread_barrier_t all_there;

static void run(void) {
  execv(command[0], command);
  printf("exec_file errno=%d\n", errno);
  fflush(stdout);
  _exit(3);
}

static void* idle(void* unused) {
  (void)unused;
  pthread_barrier_wait(&all_there);
  for (;;) pause();
  return NULL;
}

static void* run_in_thread(void* unused) {
  (void)unused;
  pthread_barrier_wait(&all_there);
  run();
  return NULL;
}

int main(int argc, char** argv) {
  pthread_t id;
  REQUIRE(argc > 2);
  command = argv + 2;
  if (strcmp(argv[1], "alone") == 0) run();
  REQUIRE(pthread_barrier_init(&all_there, NULL, 3) == 0);
  REQUIRE(pthread_create(&id, NULL, idle, NULL) == 0);
  const int by_thread = strcmp(argv[1], "thread") == 0;
  REQUIRE(pthread_create(&id, NULL, by_thread ? run_in_thread : idle, NULL) == 0);
  pthread_barrier_wait(&all_there);
  if (!by_thread) run();
  for (;;) pause();
}
