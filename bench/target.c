// The program that the benchmarks debug: one subject a mode, each in an endless loop, with THREADS more
// threads that do nothing.
//
// bench_target MODE [THREADS=0]: straight (a long row of instructions), site (calls site()), syscall
// (getppid), other (a hundred gettid, then a getppid), watch (writes `watched`), forks (THREADS children,
// eight at a time, then the end), tree (THREADS children by fork, then as many by vfork and exec, each in
// turn; prints "tree forks=NS vforks=NS", what each half took). Linked at a fixed address: the symbols are
// where `nm` says.

#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

volatile long watched;
char buffer[65536];
static pthread_barrier_t all_there;

void site(void) {
  __asm__ volatile("" : : : "memory");
}

// For steps and range steps: a thousand instructions of one kind, from row_begin to row_end.
static void straight(void) {
  for (;;) {
    __asm__ volatile(
        ".globl row_begin\nrow_begin:\n\t.rept 1000\n\tadd $1, %%rax\n\t.endr\n\t.globl "
        "row_end\nrow_end:\n\tnop"
        :
        :
        : "rax", "cc");
  }
}

static void call_site(void) {
  for (;;) site();
}

static void call_getppid(void) {
  for (;;) syscall(SYS_getppid);
}

static void call_others(void) {
  for (;;) {
    for (int i = 0; i < 100; ++i) syscall(SYS_gettid);
    syscall(SYS_getppid);
  }
}

static void write_watched(void) {
  for (;;) ++watched;
}

static void fork_children(long children) {
  long alive = 0;
  for (long i = 0; i < children; ++i) {
    pid_t child = fork();
    if (child < 0) exit(1);
    if (child == 0) _exit(0);
    if (++alive == 8) {
      wait(NULL);
      --alive;
    }
  }
  while (wait(NULL) > 0) continue;
  exit(0);
}

static long nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000 + now.tv_nsec;
}

static void reap(pid_t child) {
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) exit(1);
}

static void grow_tree(const char* self, long children) {
  long start = nanoseconds();
  for (long i = 0; i < children; ++i) {
    pid_t child = fork();
    if (child == 0) _exit(0);
    reap(child);
  }
  long half = nanoseconds();
  for (long i = 0; i < children; ++i) {
    pid_t child = vfork();
    if (child == 0) {
      execl(self, self, "leaf", (char*)NULL);
      _exit(127);
    }
    reap(child);
  }
  printf("tree forks=%ld vforks=%ld\n", half - start, nanoseconds() - half);
  exit(0);
}

static void* idle(void* unused) {
  (void)unused;
  pthread_barrier_wait(&all_there);
  for (;;) pause();
  return NULL;
}

// Where the modes begin, with all threads there: a breakpoint for the benchmarks.
void begin(void) {
  __asm__ volatile("" : : : "memory");
}

int main(int argc, char** argv) {
  static const struct {
    const char* name;
    void (*run)(void);
  } modes[] = {{"straight", straight},
               {"site", call_site},
               {"syscall", call_getppid},
               {"other", call_others},
               {"watch", write_watched}};
  const char* mode = argc > 1 ? argv[1] : "straight";
  long threads = argc > 2 ? atol(argv[2]) : 0;
  if (strcmp(mode, "forks") == 0) {
    begin();
    fork_children(threads);
  }
  if (strcmp(mode, "tree") == 0) grow_tree(argv[0], threads);
  if (strcmp(mode, "leaf") == 0) return 0;
  pthread_attr_t small_stack;
  pthread_attr_init(&small_stack);
  pthread_attr_setstacksize(&small_stack, 64 * 1024);
  pthread_barrier_init(&all_there, NULL, (unsigned)threads + 1);
  for (long i = 0; i < threads; ++i) {
    pthread_t id;
    if (pthread_create(&id, &small_stack, idle, NULL) != 0) return 1;
  }
  pthread_barrier_wait(&all_there);
  begin();
  for (size_t i = 0; i < sizeof modes / sizeof *modes; ++i) {
    if (strcmp(mode, modes[i].name) == 0) modes[i].run();
  }
  return 2;
}
