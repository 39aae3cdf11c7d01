// Subject: threads that never rest, beset by signals, in a process that checks itself for what a tracer may
// have left behind.
//
// busy_signals [THREADS=3]: each thread calls busy() until stdin has a byte or its end, while SIGALRM comes
// every 300 microseconds. At the end busy() must have counted as many calls as the threads, and no thread may
// have a signal blocked. Prints "busy_signals done".

#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "support.h"

enum { kMaximum = 16, kMicroseconds = 300 };
static volatile int stop;
static volatile long alarms;
static long calls;
static long calls_made[kMaximum];

void busy(void) {
  __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
}

void on_alarm(int number) {
  (void)number;
  ++alarms;
}

static void* run(void* own_calls) {
  long* made = own_calls;
  sigset_t blocked;
  while (!stop) {
    busy();
    ++*made;
  }
  REQUIRE(pthread_sigmask(SIG_BLOCK, NULL, &blocked) == 0);
  for (int number = 1; number < SIGRTMAX; ++number) REQUIRE(sigismember(&blocked, number) != 1);
  return NULL;
}

int main(int argc, char** argv) {
  pthread_t ids[kMaximum];
  const struct itimerval interval = {{0, kMicroseconds}, {0, kMicroseconds}};
  const struct itimerval none = {{0, 0}, {0, 0}};
  long threads = argument(argc, argv, 1, 3);
  long sum = 0;
  struct sigaction action;
  REQUIRE(threads <= kMaximum);
  memset(&action, 0, sizeof action);
  action.sa_handler = on_alarm;
  action.sa_flags = SA_RESTART;
  REQUIRE(sigaction(SIGALRM, &action, NULL) == 0);
  for (long i = 0; i < threads; ++i) REQUIRE(pthread_create(&ids[i], NULL, run, &calls_made[i]) == 0);
  REQUIRE(setitimer(ITIMER_REAL, &interval, NULL) == 0);
  announce();
  wait_for_go();
  REQUIRE(setitimer(ITIMER_REAL, &none, NULL) == 0);
  stop = 1;
  for (long i = 0; i < threads; ++i) {
    REQUIRE(pthread_join(ids[i], NULL) == 0);
    sum += calls_made[i];
  }
  REQUIRE(sum == calls);
  printf("busy_signals done\n");
  return 0;
}
