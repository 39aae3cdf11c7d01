// Subject: many short children, several alive at a time.
//
// fork_storm [CHILDREN=200] [AT_ONCE=8] [wait]: each child passes the function child_work() and ends with a
// code of its own, which the parent checks. Prints "fork_storm children=N".

#include <sys/wait.h>

#include "support.h"

int child_work(long number) {
  return (int)(number % 50) + 10;
}

static void reap_one(long* ended, long* sum) {
  int status;
  pid_t child = waitpid(-1, &status, 0);
  REQUIRE(child > 0);
  REQUIRE(WIFEXITED(status));
  ++*ended;
  *sum += WEXITSTATUS(status);
}

int main(int argc, char** argv) {
  long children = argument(argc, argv, 1, 200);
  long at_once = argument(argc, argv, 2, 8);
  long ended = 0;
  long sum = 0;
  long expected = 0;
  if (has_word(argc, argv, "wait")) {
    announce();
    wait_for_go();
  }
  for (long i = 0; i < children; ++i) {
    expected += i % 50 + 10;
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) _exit(child_work(i));
    if (i + 1 - ended >= at_once) reap_one(&ended, &sum);
  }
  while (ended < children) reap_one(&ended, &sum);
  printf("fork_storm children=%ld\n", ended);
  return sum == expected ? 0 : 1;
}
