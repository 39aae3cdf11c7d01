// Subject: signals that arrive at any moment while a function is called all the time.
//
// timer_signals [CALLS=2000] [MICROSECONDS=500] [THREADS=2]: SIGALRM comes every so often; each thread calls
// busy() CALLS times. Prints "timer_signals calls=N alarms=A"; exits with 0 when the calls are all there and
// every alarm said that it came from the kernel.

#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "support.h"

long busy_calls;
static volatile long alarms;
static volatile long wrong;
static long calls_each;

void busy(void) {
  __atomic_add_fetch(&busy_calls, 1, __ATOMIC_RELAXED);
}

void on_alarm(int number, siginfo_t* info, void* context) {
  (void)context;
  __atomic_add_fetch(&alarms, 1, __ATOMIC_RELAXED);
  if (number != SIGALRM || info->si_code != SI_KERNEL) wrong = 1;
}

static void* run(void* unused) {
  (void)unused;
  for (long i = 0; i < calls_each; ++i) busy();
  return NULL;
}

int main(int argc, char** argv) {
  enum { kMaximum = 64 };
  pthread_t ids[kMaximum];
  calls_each = argument(argc, argv, 1, 2000);
  long microseconds = argument(argc, argv, 2, 500);
  long threads = argument(argc, argv, 3, 2);
  REQUIRE(threads <= kMaximum);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_alarm;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  REQUIRE(sigaction(SIGALRM, &action, NULL) == 0);
  struct itimerval timer = {{0, microseconds}, {0, microseconds}};
  REQUIRE(setitimer(ITIMER_REAL, &timer, NULL) == 0);
  for (long i = 0; i < threads; ++i) REQUIRE(pthread_create(&ids[i], NULL, run, NULL) == 0);
  for (long i = 0; i < threads; ++i) REQUIRE(pthread_join(ids[i], NULL) == 0);
  struct itimerval off = {{0, 0}, {0, 0}};
  REQUIRE(setitimer(ITIMER_REAL, &off, NULL) == 0);
  printf("timer_signals calls=%ld alarms=%ld\n", busy_calls, alarms);
  return busy_calls == threads * calls_each && !wrong ? 0 : 1;
}
