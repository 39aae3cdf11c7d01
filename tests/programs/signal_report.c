// Subject: which signals arrive, and what they carry.
//
// signal_report [busy]: announces itself and prints "signal NUMBER value V" for each SIGUSR1, SIGUSR2,
// SIGTRAP and SIGRTMIN+3 that its handler is called for; at SIGTERM it prints "end" and ends with 0. It
// sleeps meanwhile, or with "busy" calls turn() all the time.

#define _GNU_SOURCE
#include <signal.h>

#include "support.h"

static volatile sig_atomic_t ended;
static volatile long turns;

void turn(void) {
  ++turns;
}

void on_signal(int number, siginfo_t* info, void* context) {
  (void)context;
  if (number == SIGTERM) {
    ended = 1;
    return;
  }
  dprintf(STDOUT_FILENO, "signal %d value %d\n", number, info->si_value.sival_int);
}

int main(int argc, char** argv) {
  const int numbers[] = {SIGUSR1, SIGUSR2, SIGTRAP, SIGRTMIN + 3, SIGTERM};
  const int busy = has_word(argc, argv, "busy");
  struct sigaction action;
  sigset_t all;
  sigset_t before;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO;
  sigfillset(&action.sa_mask);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; ++i) {
    REQUIRE(sigaction(numbers[i], &action, NULL) == 0);
  }
  // Blocked but for the time in sigsuspend: none can come between the look at `ended` and the sleep.
  sigfillset(&all);
  if (!busy) REQUIRE(sigprocmask(SIG_BLOCK, &all, &before) == 0);
  announce();
  while (!ended) {
    if (busy) {
      turn();
    } else {
      sigsuspend(&before);
    }
  }
  dprintf(STDOUT_FILENO, "end\n");
  return 0;
}
