// Subject: several threads make tasks of every kind at once, while others run, and others come and go.
//
// birth_storm [MAKERS=3] [ROUNDS=20]: each maker makes, in turn, a child by fork, one by vfork, one by
// clone(CLONE_VM | SIGCHLD) and a thread, which all call landmark(); the processes end with 20. Two more
// threads call landmark() as long as makers are at work. Prints "birth_storm parent=P child=C": calls of the
// process and of its children.

#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "support.h"

enum { kMostMakers = 16, kCallers = 2, kStackBytes = 64 * 1024 };

struct Counts {
  long parent;
  long child;
};
static struct Counts* counts;
static long rounds;
static long at_work;

void landmark(long* counter) {
  __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static void expect_end(pid_t child) {
  int status;
  REQUIRE(child > 0);
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 20);
}

static int be_child(void* unused) {
  (void)unused;
  landmark(&counts->child);
  syscall(SYS_exit_group, 20);
  return 0;
}

static void* be_thread(void* unused) {
  (void)unused;
  landmark(&counts->parent);
  return NULL;
}

static void by_fork(void) {
  const pid_t child = fork();
  if (child == 0) be_child(NULL);
  expect_end(child);
}

static void by_vfork(void) {
  const pid_t child = vfork();
  if (child == 0) be_child(NULL);
  expect_end(child);
}

static void by_clone_vm(char* stack) {
  expect_end(clone(be_child, stack + kStackBytes, CLONE_VM | SIGCHLD, NULL));
}

static void by_thread(void) {
  pthread_t id;
  REQUIRE(pthread_create(&id, NULL, be_thread, NULL) == 0);
  REQUIRE(pthread_join(id, NULL) == 0);
}

static void* make(void* number) {
  char* stack = mmap(NULL, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(stack != MAP_FAILED);
  for (long round = (long)number; round < (long)number + rounds; ++round) {
    switch (round % 4) {
      case 0:
        by_fork();
        break;
      case 1:
        by_vfork();
        break;
      case 2:
        by_clone_vm(stack);
        break;
      default:
        by_thread();
        break;
    }
  }
  __atomic_sub_fetch(&at_work, 1, __ATOMIC_RELEASE);
  return NULL;
}

static void* call(void* unused) {
  (void)unused;
  while (__atomic_load_n(&at_work, __ATOMIC_ACQUIRE) > 0) {
    landmark(&counts->parent);
    sched_yield();
  }
  return NULL;
}

int main(int argc, char** argv) {
  pthread_t makers[kMostMakers], callers[kCallers];
  const long how_many = argument(argc, argv, 1, 3);
  rounds = argument(argc, argv, 2, 20);
  REQUIRE(how_many <= kMostMakers);
  at_work = how_many;
  counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(counts != MAP_FAILED);
  for (int i = 0; i < kCallers; ++i) REQUIRE(pthread_create(&callers[i], NULL, call, NULL) == 0);
  for (long i = 0; i < how_many; ++i) REQUIRE(pthread_create(&makers[i], NULL, make, (void*)i) == 0);
  for (long i = 0; i < how_many; ++i) REQUIRE(pthread_join(makers[i], NULL) == 0);
  for (int i = 0; i < kCallers; ++i) REQUIRE(pthread_join(callers[i], NULL) == 0);
  printf("birth_storm parent=%ld child=%ld\n", counts->parent, counts->child);
  return 0;
}
