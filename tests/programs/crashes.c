// Crashes in the way that its first argument names, from within outer() and middle(); the second is how many
// threads stand by meanwhile.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "support.h"

static volatile int zero;
static pthread_barrier_t together;
static sigjmp_buf after_fault;
static char* program;

// Not called through a signal set: the fault is the program's own.
static void touch_nothing(void) {
  *(volatile int*)(long)zero = 1;
}

static long fill_the_stack(volatile char* before) {
  volatile char here[4096];
  here[0] = before ? before[0] : 1;
  if (here[0] == 0) return 0;
  return fill_the_stack(here) + here[0];
}

static void raise_again(int signal_number) {
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

static void jump_out(int signal_number) {
  siglongjmp(after_fault, signal_number);
}

static void give_up(int signal_number) {
  if (signal_number) abort();
}

static void catch_with(int signal_number, void (*handler)(int)) {
  struct sigaction action = {.sa_handler = handler};
  REQUIRE(sigaction(signal_number, &action, NULL) == 0);
}

static void beyond_the_file(void) {
  FILE* file = tmpfile();
  REQUIRE(file != NULL);
  REQUIRE(ftruncate(fileno(file), 4096) == 0);
  volatile char* at = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
  REQUIRE(at != MAP_FAILED);
  at[4096] = 1;
}

static void forbid_getppid(unsigned action) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {.len = sizeof code / sizeof code[0], .filter = code};
  REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
  syscall(SYS_getppid);
}

static void* crash_together(void* unused) {
  (void)unused;
  pthread_barrier_wait(&together);
  touch_nothing();
  return NULL;
}

static void* exec_together(void* unused) {
  (void)unused;
  pthread_barrier_wait(&together);
  execl(program, program, "exit", (char*)NULL);
  return NULL;
}

static void* kill_together(void* unused) {
  (void)unused;
  pthread_barrier_wait(&together);
  kill(getpid(), SIGKILL);
  return NULL;
}

static void in_two_threads(void* (*other)(void*)) {
  pthread_t thread;
  REQUIRE(pthread_barrier_init(&together, NULL, 2) == 0);
  REQUIRE(pthread_create(&thread, NULL, other, NULL) == 0);
  crash_together(NULL);
}

static void blocked_fault(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  touch_nothing();
}

static void go_on(void) {
  catch_with(SIGSEGV, jump_out);
  if (sigsetjmp(after_fault, 1) == 0) touch_nothing();
}

static void in_child(pid_t child) {
  if (child == 0) touch_nothing();
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child && WTERMSIG(status) == SIGSEGV);
}

static void __attribute__((noinline)) crash(const char* how) {
  if (!strcmp(how, "null")) touch_nothing();
  if (!strcmp(how, "call")) ((void (*)(void))(long)(zero + 16))();
  if (!strcmp(how, "abort")) abort();
  if (!strcmp(how, "int3")) __asm__ volatile("int3");
  if (!strcmp(how, "illegal")) __asm__ volatile("ud2");
  if (!strcmp(how, "divide")) zero = 4711 / zero;
  if (!strcmp(how, "bus")) beyond_the_file();
  if (!strcmp(how, "overflow")) fill_the_stack(NULL);
  if (!strcmp(how, "overflow_handled")) {
    catch_with(SIGSEGV, raise_again);
    fill_the_stack(NULL);
  }
  if (!strcmp(how, "again")) {
    catch_with(SIGSEGV, raise_again);
    touch_nothing();
  }
  if (!strcmp(how, "give_up")) {
    catch_with(SIGSEGV, give_up);
    touch_nothing();
  }
  if (!strcmp(how, "caught")) go_on();
  if (!strcmp(how, "ignored")) {
    signal(SIGQUIT, SIG_IGN);
    raise(SIGQUIT);
  }
  if (!strcmp(how, "blocked")) blocked_fault();
  if (!strcmp(how, "system_call")) forbid_getppid(SECCOMP_RET_TRAP);
  if (!strcmp(how, "system_call_kill")) forbid_getppid(SECCOMP_RET_KILL_PROCESS);
  if (!strcmp(how, "term")) raise(SIGTERM);
  if (!strcmp(how, "kill")) raise(SIGKILL);
  if (!strcmp(how, "child")) in_child(fork());
  if (!strcmp(how, "two")) in_two_threads(crash_together);
  if (!strcmp(how, "exec")) in_two_threads(exec_together);
  if (!strcmp(how, "killed")) in_two_threads(kill_together);
  if (!strcmp(how, "self")) raise(SIGSEGV);
}

static int __attribute__((noinline)) middle(const char* how, int answer) {
  crash(how);
  return answer + zero;
}

static int __attribute__((noinline)) outer(const char* how) {
  volatile int answer = 4711;
  return middle(how, answer) - answer;
}

static void* stand_by(void* barrier) {
  pthread_barrier_wait(barrier);
  while (zero == 0) pause();
  return NULL;
}

int main(int argc, char** argv) {
  REQUIRE(argc > 1);
  program = argv[0];
  // The kernel's own core files are nobody's business here.
  prctl(PR_SET_DUMPABLE, 1);
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  const long threads = argument(argc, argv, 2, 0);
  pthread_barrier_t ready;
  REQUIRE(pthread_barrier_init(&ready, NULL, (unsigned)threads + 1) == 0);
  for (long i = 0; i < threads; ++i) {
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, stand_by, &ready) == 0);
  }
  pthread_barrier_wait(&ready);
  if (has_word(argc, argv, "wait")) {
    announce();
    wait_for_go();
  }
  outer(argv[1]);
  return 0;
}
