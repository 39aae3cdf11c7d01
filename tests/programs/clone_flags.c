// Subject: one task made by clone or clone3 with the flags that are asked for.
//
// clone_flags CALL FLAGS SIGNAL [ROUNDS=2] [alone]: CALL is "clone" or "clone3", FLAGS and SIGNAL are
// numbers. The parent of the process that makes the tasks stays behind to reap what CLONE_PARENT makes its
// own; it prints "ready PID" of the other and waits. With "alone" there is no such parent. Maker and task
// call landmark(). A process ends with 20. Prints "clone_flags maker=M made=N", or "clone_flags refused"
// where the kernel does not allow the flags.
//
// A process that nothing waits for (CLONE_PARENT), like a thread, is done when it has counted.

#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "support.h"

enum { kStackBytes = 64 * 1024, kEnd = 20 };

// struct clone_args (clone(2)), as far as Linux 5.3 knew it.
struct CloneArguments {
  unsigned long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

struct Counts {
  long maker;
  long made;
};
static struct Counts* counts;
static unsigned long flags;
static int is_thread;

void landmark(long* counter) {
  __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

// Without the C library, whose thread-local data is the maker's.
static void leave(void) {
  __asm__ volatile("syscall" ::"a"(is_thread ? SYS_exit : SYS_exit_group), "D"(kEnd)
                   : "rcx", "r11", "memory");
  __builtin_unreachable();
}

static int task_main(void* unused) {
  (void)unused;
  landmark(&counts->made);
  leave();
  return 0;
}

// The C library has no such call.
static long call_clone3(struct CloneArguments* arguments) {
  register int (*task)(void*) __asm__("r8") = task_main;
  long result;
  __asm__ volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "call *%%r8\n"
      "1:"
      : "=a"(result)
      : "0"(SYS_clone3), "D"(arguments), "S"(sizeof *arguments), "r"(task)
      : "rcx", "r11", "memory");
  return result;
}

// Never given back: of a process with CLONE_PARENT nobody here hears when it has done with it.
static char* new_stack(void) {
  char* stack = mmap(NULL, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(stack != MAP_FAILED);
  return stack;
}

static pid_t make(const char* call, int exit_signal) {
  char* stack = new_stack();
  if (strcmp(call, "clone") == 0)
    return clone(task_main, stack + kStackBytes, (int)flags | exit_signal, NULL);
  struct CloneArguments arguments = {.flags = flags,
                                     .exit_signal = (unsigned long)exit_signal,
                                     .stack = (unsigned long)stack,
                                     .stack_size = kStackBytes};
  return (pid_t)call_clone3(&arguments);
}

static void expect_end(pid_t child) {
  int status;
  REQUIRE(waitpid(child, &status, __WALL) == child);
  REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == kEnd);
}

static void handle(int number) {
  (void)number;
}

static int make_all(const char* call, int exit_signal, long rounds) {
  announce();
  wait_for_go();
  REQUIRE(signal(SIGUSR1, handle) != SIG_ERR);
  for (long round = 1; round <= rounds; ++round) {
    pid_t task = make(call, exit_signal);
    if (task < 0) {
      printf("clone_flags refused\n");
      return 0;
    }
    landmark(&counts->maker);
    while (__atomic_load_n(&counts->made, __ATOMIC_RELAXED) != round) sched_yield();
    if (!is_thread && (flags & CLONE_PARENT) == 0) expect_end(task);
  }
  printf("clone_flags maker=%ld made=%ld\n", counts->maker, counts->made);
  return 0;
}

int main(int argc, char** argv) {
  flags = (unsigned long)argument(argc, argv, 2, 0);
  is_thread = (flags & CLONE_THREAD) != 0;
  int exit_signal = (int)argument(argc, argv, 3, SIGCHLD);
  long rounds = argument(argc, argv, 4, 2);
  counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(argc > 3 && counts != MAP_FAILED);
  if (has_word(argc, argv, "alone")) return make_all(argv[1], exit_signal, rounds);
  pid_t maker = fork();
  REQUIRE(maker >= 0);
  if (maker == 0) return make_all(argv[1], exit_signal, rounds);
  int status;
  REQUIRE(waitpid(maker, &status, 0) == maker);
  REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  // What CLONE_PARENT has made this one's.
  while (waitpid(-1, &status, __WALL) > 0) REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == kEnd);
  return 0;
}
