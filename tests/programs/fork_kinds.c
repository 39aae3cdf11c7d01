// Subject: two processes, neither of which waits for the other, and both of which say how often they called
// hit().
//
// fork_kinds KIND [CALLS=4], KIND one of
//   fork           the child calls hit() in its own memory
//   vfork_exec     the child execs this program, which calls hit()
//   vfork_exit     the child calls hit() in the parent's memory, and _exits
//   fork_mt        as fork, while three other threads of the parent call hit()
//   vfork_mt       as vfork_exec, while three other threads do
//   vfork_exit_mt  as vfork_exit, while three other threads do
//   fork_thread    as fork, by a thread that is not the leader
//   vfork_thread   as vfork_exec, by a thread that is not the leader
//   spawn          as vfork_exec, by posix_spawn
//   clone_vm       as vfork_exit, by clone(CLONE_VM | SIGCHLD): neither waits for the other
// The parent makes CALLS calls, the child, and CALLS more calls; each other thread makes 2 * CALLS. The child
// makes CALLS. hit() is given who calls and the number of the call. At its end the parent prints "parent
// calls=N" and the child "child calls=N"; both exit with 0.

#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>

#include "support.h"

extern char** environ;

enum Role { role_parent, role_child };

static const char* self;
static char* calls_text = "4";
static long calls;
static long made[2];  // by role; of a vfork child in the parent's memory

void hit(int role, long number) {
  (void)role;
  (void)number;
}

static void call(enum Role role) {
  hit(role, __atomic_add_fetch(&made[role], 1, __ATOMIC_RELAXED));
}

static void call_often(enum Role role, long times) {
  for (long i = 0; i < times; ++i) call(role);
}

// No stdio: a child of vfork must leave the parent's buffers alone.
static void say(const char* who, enum Role role) {
  char line[64];
  const int length = snprintf(line, sizeof line, "%s calls=%ld\n", who, made[role]);
  REQUIRE(write(STDOUT_FILENO, line, (size_t)length) == length);
}

static void be_child(void) {
  call_often(role_child, calls);
  say("child", role_child);
  // Not exit(): that would tear down what belongs to the parent too.
  syscall(SYS_exit_group, 0);
}

static void exec_child(void) {
  execl(self, self, "child", calls_text, (char*)NULL);
  _exit(127);
}

static void by_fork(void) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) be_child();
}

static void by_vfork_exec(void) {
  const pid_t child = vfork();
  REQUIRE(child >= 0);
  if (child == 0) exec_child();
}

static void by_vfork_exit(void) {
  const pid_t child = vfork();
  REQUIRE(child >= 0);
  if (child == 0) be_child();
}

static void by_spawn(void) {
  char* arguments[] = {(char*)self, "child", calls_text, NULL};
  pid_t child;
  REQUIRE(posix_spawn(&child, self, NULL, NULL, arguments, environ) == 0);
}

static int run_child(void* unused) {
  (void)unused;
  be_child();
  return 0;
}

static void by_clone_vm(void) {
  static char stack[64 * 1024] __attribute__((aligned(16)));
  REQUIRE(clone(run_child, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL) > 0);
}

struct Kind {
  const char* name;
  void (*make_child)(void);
  int threads;    // that call hit() meanwhile
  int by_thread;  // another thread than the leader makes the child
};

static const struct Kind kinds[] = {
    {"fork", by_fork, 0, 0},
    {"vfork_exec", by_vfork_exec, 0, 0},
    {"vfork_exit", by_vfork_exit, 0, 0},
    {"fork_mt", by_fork, 3, 0},
    {"vfork_mt", by_vfork_exec, 3, 0},
    {"vfork_exit_mt", by_vfork_exit, 3, 0},
    {"fork_thread", by_fork, 0, 1},
    {"vfork_thread", by_vfork_exec, 0, 1},
    {"spawn", by_spawn, 0, 0},
    {"clone_vm", by_clone_vm, 0, 0},
};

static void* run_maker(void* kind) {
  ((const struct Kind*)kind)->make_child();
  return NULL;
}

static void* run_caller(void* unused) {
  (void)unused;
  for (long i = 0; i < 2 * calls; ++i) {
    call(role_parent);
    sched_yield();
  }
  return NULL;
}

static void run(const struct Kind* kind) {
  enum { kMostThreads = 3 };
  pthread_t callers[kMostThreads];
  for (int i = 0; i < kind->threads; ++i) REQUIRE(pthread_create(&callers[i], NULL, run_caller, NULL) == 0);
  call_often(role_parent, calls);
  if (kind->by_thread) {
    pthread_t maker;
    REQUIRE(pthread_create(&maker, NULL, run_maker, (void*)kind) == 0);
    REQUIRE(pthread_join(maker, NULL) == 0);
  } else {
    kind->make_child();
  }
  call_often(role_parent, calls);
  for (int i = 0; i < kind->threads; ++i) REQUIRE(pthread_join(callers[i], NULL) == 0);
  say("parent", role_parent);
  // Not exit(): the child of clone_vm may still be at work in this memory, and needs nothing of it torn down.
  syscall(SYS_exit_group, 0);
}

int main(int argc, char** argv) {
  self = argv[0];
  calls = argument(argc, argv, 2, 4);
  if (argc > 2) calls_text = argv[2];
  if (argc > 1 && strcmp(argv[1], "child") == 0) be_child();
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
    if (argc > 1 && strcmp(argv[1], kinds[i].name) == 0) run(&kinds[i]);
  }
  fprintf(stderr, "usage: fork_kinds KIND [CALLS]; the kinds are in the source\n");
  return 2;
}
