// Subject: a process that sleeps in read() on its stdin: interrupting it must not be seen by the program.
//
// sleeping_read: prints "ready PID", then "sleeping_read got=N interrupted=I" at the end of its input, I =
// reads that failed with EINTR (none, if whoever stopped the process did it rightly; a handled signal makes
// some).

#include <signal.h>

#include "support.h"

static volatile long handled;

void on_usr1(int number) {
  (void)number;
  ++handled;
}

long read_all(long* interrupted) {
  char buffer[256];
  long sum = 0;
  for (;;) {
    ssize_t got = read(STDIN_FILENO, buffer, sizeof buffer);
    if (got == 0) return sum;
    if (got > 0) sum += got;
    if (got < 0) {
      REQUIRE(errno == EINTR);
      ++*interrupted;
    }
  }
}

int main(void) {
  long interrupted = 0;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_usr1;  // without SA_RESTART: each handler run breaks the read
  REQUIRE(sigaction(SIGUSR1, &action, NULL) == 0);
  announce();
  long got = read_all(&interrupted);
  printf("sleeping_read got=%ld interrupted=%ld handled=%ld\n", got, interrupted, (long)handled);
  return interrupted <= handled ? 0 : 1;
}
