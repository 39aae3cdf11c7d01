// Subject: the main thread ends first and the process lives on.
//
// leader_exits [CODE=7]: the leader calls pthread_exit; when it is a zombie, another thread prints "ready
// PID", waits for stdin, calls after_leader(), and ends the process with CODE.

#include <pthread.h>
#include <sched.h>

#include "support.h"

static int exit_code;

int after_leader(int code) {
  return code;
}

// The state letter in /proc/self/task/PID/stat comes after the name, which is in parentheses.
static int leader_is_zombie(void) {
  char path[64];
  char line[256];
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)getpid());
  FILE* file = fopen(path, "r");
  REQUIRE(file != NULL);
  REQUIRE(fgets(line, sizeof line, file) != NULL);
  fclose(file);
  const char* end_of_name = strrchr(line, ')');
  REQUIRE(end_of_name != NULL);
  return end_of_name[2] == 'Z';
}

static void* survive(void* unused) {
  (void)unused;
  while (!leader_is_zombie()) sched_yield();
  announce();
  wait_for_go();
  exit(after_leader(exit_code));
}

int main(int argc, char** argv) {
  pthread_t id;
  exit_code = (int)argument(argc, argv, 1, 7);
  REQUIRE(pthread_create(&id, NULL, survive, NULL) == 0);
  REQUIRE(pthread_detach(id) == 0);
  pthread_exit(NULL);
}
