// Subject: the ways to make a process. Parent and children call landmark(), and count it in memory that they
// share.
//
// forks KIND [ROUNDS=3], KIND one of
//   fork         the child calls landmark() and ends with 20
//   fork_exec    the child execs this program as "leaf", which calls landmark() and ends with 21
//   vfork_exit   the child calls landmark() in the parent's memory and ends with 20
//   vfork_exec   as fork_exec, by vfork
//   spawn        as fork_exec, by posix_spawn
//   system       a shell that ends with 22
//   clone_vm     clone(CLONE_VM | SIGCHLD): the kernel calls it a fork, but it shares the memory; ends with
//   20 grandchild   the child forks again; both call landmark() fork_mt      fork while three other threads
//   call landmark() all the time vfork_mt     vfork and exec while three other threads call landmark() all
//   the time fork_thread  fork from a thread that is not the leader
// Prints "forks kind=K parent=P child=C": landmarks passed in this process and in its children (a leaf's
// count as the child's).

#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "support.h"

extern char** environ;

struct Counts {
  long parent;
  long child;
};
static struct Counts* counts;
static const char* self;
static volatile int threads_go_on = 1;

void landmark(long* counter) {
  __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static void expect_end(pid_t child, int code) {
  int status;
  REQUIRE(child > 0);
  REQUIRE(waitpid(child, &status, 0) == child);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != code) {
    fprintf(stderr, "forks: the child ended with wait status %#x, not with code %d\n", status, code);
    _exit(1);
  }
}

// A leaf lives in another address space: it tells by its exit code that it passed the landmark once.
static void expect_leaf(pid_t child) {
  expect_end(child, 21);
  __atomic_add_fetch(&counts->child, 1, __ATOMIC_RELAXED);
}

static void exec_leaf(void) {
  execl(self, self, "leaf", (char*)NULL);
  _exit(127);
}

static void round_fork(void) {
  pid_t child = fork();
  if (child == 0) {
    landmark(&counts->child);
    _exit(20);
  }
  landmark(&counts->parent);
  expect_end(child, 20);
}

static void round_fork_exec(void) {
  pid_t child = fork();
  if (child == 0) exec_leaf();
  landmark(&counts->parent);
  expect_leaf(child);
}

static void round_vfork_exit(void) {
  pid_t child = vfork();
  if (child == 0) {
    landmark(&counts->child);
    _exit(20);
  }
  landmark(&counts->parent);
  expect_end(child, 20);
}

static void round_vfork_exec(void) {
  pid_t child = vfork();
  if (child == 0) exec_leaf();
  landmark(&counts->parent);
  expect_leaf(child);
}

static void round_spawn(void) {
  char* arguments[] = {(char*)self, "leaf", NULL};
  pid_t child;
  REQUIRE(posix_spawn(&child, self, NULL, NULL, arguments, environ) == 0);
  landmark(&counts->parent);
  expect_leaf(child);
}

static void round_system(void) {
  int status = system("exit 22");
  REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 22);
  landmark(&counts->parent);
}

static int clone_child(void* unused) {
  (void)unused;
  landmark(&counts->child);
  // Not exit(): that would flush and tear down what belongs to the parent too.
  syscall(SYS_exit, 20);
  return 0;
}

static void round_clone_vm(void) {
  enum { kStackBytes = 64 * 1024 };
  char* stack = mmap(NULL, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(stack != MAP_FAILED);
  pid_t child = clone(clone_child, stack + kStackBytes, CLONE_VM | SIGCHLD, NULL);
  landmark(&counts->parent);
  expect_end(child, 20);
  REQUIRE(munmap(stack, kStackBytes) == 0);
}

static void round_grandchild(void) {
  pid_t child = fork();
  if (child == 0) {
    landmark(&counts->child);
    pid_t grandchild = fork();
    if (grandchild == 0) {
      landmark(&counts->child);
      _exit(20);
    }
    expect_end(grandchild, 20);
    _exit(20);
  }
  landmark(&counts->parent);
  expect_end(child, 20);
}

static void* pass_landmarks(void* unused) {
  (void)unused;
  while (threads_go_on) {
    landmark(&counts->parent);
    sched_yield();
  }
  return NULL;
}

static void with_busy_threads(void (*round)(void), long rounds) {
  pthread_t ids[3];
  for (int i = 0; i < 3; ++i) REQUIRE(pthread_create(&ids[i], NULL, pass_landmarks, NULL) == 0);
  for (long i = 0; i < rounds; ++i) round();
  threads_go_on = 0;
  for (int i = 0; i < 3; ++i) REQUIRE(pthread_join(ids[i], NULL) == 0);
}

static void* run_round_fork(void* unused) {
  (void)unused;
  round_fork();
  return NULL;
}

static void round_fork_thread(void) {
  pthread_t id;
  REQUIRE(pthread_create(&id, NULL, run_round_fork, NULL) == 0);
  REQUIRE(pthread_join(id, NULL) == 0);
}

struct Kind {
  const char* name;
  void (*round)(void);
  int busy_threads;
};

static const struct Kind kinds[] = {
    {"fork", round_fork, 0},
    {"fork_exec", round_fork_exec, 0},
    {"vfork_exit", round_vfork_exit, 0},
    {"vfork_exec", round_vfork_exec, 0},
    {"spawn", round_spawn, 0},
    {"system", round_system, 0},
    {"clone_vm", round_clone_vm, 0},
    {"grandchild", round_grandchild, 0},
    {"fork_mt", round_fork, 1},
    {"vfork_mt", round_vfork_exec, 1},
    {"fork_thread", round_fork_thread, 0},
};

static int run_leaf(void) {
  long passed = 0;
  landmark(&passed);
  return passed == 1 ? 21 : 1;
}

int main(int argc, char** argv) {
  self = argv[0];
  if (argc > 1 && strcmp(argv[1], "leaf") == 0) return run_leaf();
  long rounds = argument(argc, argv, 2, 3);
  counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(counts != MAP_FAILED);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
    const struct Kind* kind = &kinds[i];
    if (argc < 2 || strcmp(argv[1], kind->name) != 0) continue;
    if (kind->busy_threads) {
      with_busy_threads(kind->round, rounds);
    } else {
      for (long done = 0; done < rounds; ++done) kind->round();
    }
    printf("forks kind=%s parent=%ld child=%ld\n", kind->name, counts->parent, counts->child);
    return 0;
  }
  fprintf(stderr, "usage: forks KIND [ROUNDS]; the kinds are in the source\n");
  return 2;
}
