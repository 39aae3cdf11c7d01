// A family tree: a thread, and a child of each kind, one after the other, each with its own end. With the
// argument "leaf" it does nothing but exit with 5; with "wait" it says when it is ready first.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "support.h"

static int reaped(pid_t child) {
  int status = 0;
  REQUIRE(child > 0);
  REQUIRE(waitpid(child, &status, 0) == child);
  return status;
}

static void* thread(void* unused) {
  return unused;
}

static int share(void* unused) {
  (void)unused;
  return 4;
}

// Memory, and time, that can be found again in the books.
static void work(void) {
  const size_t size = (size_t)64 << 20;
  char* memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  memset(memory, 1, size);
  struct timespec used = {0, 0};
  while (used.tv_sec == 0 && used.tv_nsec < 60 * 1000 * 1000) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
}

// Its child outlives it, and goes on when the other end of the pipe is closed.
static void leave_an_orphan(int until_closed) {
  if (fork() != 0) _exit(0);
  char byte;
  while (read(until_closed, &byte, 1) > 0) {
  }
  _exit(6);
}

int main(int argc, char** argv) {
  if (has_word(argc, argv, "leaf")) return 5;
  if (has_word(argc, argv, "wait")) {
    announce();
    wait_for_go();
  }
  pthread_t other;
  REQUIRE(pthread_create(&other, NULL, thread, NULL) == 0);
  REQUIRE(pthread_join(other, NULL) == 0);

  pid_t child = fork();
  if (child == 0) _exit(3);
  REQUIRE(WEXITSTATUS(reaped(child)) == 3);

  child = vfork();
  if (child == 0) {
    execl(argv[0], argv[0], "leaf", "with blank", (char*)NULL);
    _exit(1);
  }
  REQUIRE(WEXITSTATUS(reaped(child)) == 5);

  static char stack[65536];
  child = clone(share, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL);
  REQUIRE(WEXITSTATUS(reaped(child)) == 4);

  child = fork();
  if (child == 0) raise(SIGKILL);
  REQUIRE(WTERMSIG(reaped(child)) == SIGKILL);

  child = fork();
  if (child == 0) {
    work();
    _exit(0);
  }
  REQUIRE(reaped(child) == 0);

  int ends[2];
  REQUIRE(pipe(ends) == 0);
  child = fork();
  if (child == 0) {
    close(ends[1]);
    leave_an_orphan(ends[0]);
  }
  REQUIRE(reaped(child) == 0);
  return 0;
}
