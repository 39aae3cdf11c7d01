// Subject: stop and continue as a shell sees them.
//
// job_control [ROUNDS=3]: a child stops itself by SIGSTOP, SIGTSTP, SIGTTIN and SIGTTOU in turn; the parent
// sees each stop and each continue by waitpid, sends SIGCONT, and at last sees the child end with 5. Prints
// "job_control stops=S continues=C": a continue that the next stop overtakes is not seen, so C may be less
// than S. The child counts its SIGCONT handlers; its exit code tells when one is missing.
//
// job_control self: announces itself, stops itself by SIGSTOP, and ends with 0 after somebody's SIGCONT.

#include <signal.h>
#include <sys/wait.h>

#include "support.h"

static const int stop_signals[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
enum { kStopSignals = sizeof stop_signals / sizeof *stop_signals };

static volatile sig_atomic_t continued;

void on_continue(int number) {
  (void)number;
  continued = continued + 1;
}

static int child(long rounds) {
  // A process group whose parent is in another group of the same session is not orphaned: an orphan ignores
  // SIGTSTP, SIGTTIN, SIGTTOU.
  REQUIRE(setpgid(0, 0) == 0);
  REQUIRE(signal(SIGCONT, on_continue) != SIG_ERR);
  for (long i = 0; i < rounds; ++i) {
    for (int k = 0; k < kStopSignals; ++k) {
      int before = continued;
      REQUIRE(raise(stop_signals[k]) == 0);  // mark: stop-self
      while (continued == before) pause();
    }
  }
  return continued == rounds * kStopSignals ? 5 : 1;
}

static int stop_self_once(void) {
  REQUIRE(signal(SIGCONT, on_continue) != SIG_ERR);
  announce();
  REQUIRE(raise(SIGSTOP) == 0);
  printf("job_control self continued\n");
  return 0;
}

int main(int argc, char** argv) {
  if (has_word(argc, argv, "self")) return stop_self_once();
  long rounds = argument(argc, argv, 1, 3);
  long stops = 0;
  long continues = 0;
  pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) _exit(child(rounds));
  for (;;) {
    int status;
    REQUIRE(waitpid(pid, &status, WUNTRACED | WCONTINUED) == pid);
    if (WIFSTOPPED(status)) {
      REQUIRE(WSTOPSIG(status) == stop_signals[stops % kStopSignals]);
      ++stops;
      REQUIRE(kill(pid, SIGCONT) == 0);
    } else if (WIFCONTINUED(status)) {
      ++continues;
    } else {
      REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 5);
      break;
    }
  }
  printf("job_control stops=%ld continues=%ld\n", stops, continues);
  return stops == rounds * kStopSignals ? 0 : 1;
}
