// Subject: signals, one mode each, and their siginfo.
//
// signals MODE [N]
//   ignored       N times SIGUSR1 with SIG_IGN; also SIGCHLD, SIGWINCH, SIGURG with their default
//   blocked       SIGUSR1 while blocked: it stays pending, and the handler runs once after the unblock
//   handled       N times SIGUSR1; the handler checks who sent it and how (tgkill)
//   queued        SIGRTMIN with values 1..N by sigqueue: every one arrives, in order, with its value
//   waited        SIGUSR2 by sigqueue, taken by sigwaitinfo: no handler ever runs
//   fault         reads a page without access; the handler checks si_addr, opens the page, and the read is
//   done again nested        the handler of SIGUSR1 raises SIGUSR2 expect NUMBER PID VALUE   announces
//   itself, waits for one signal NUMBER and checks its sender and value (0: any) fatal NUMBER  dies of that
//   signal, default action core          dies of SIGABRT with the core limit raised
// Prints "signals MODE handled=H" and exits with 0, but for the modes that die.

#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "support.h"

static volatile long handled;
static volatile long wrong;
static volatile long last_value;
static char* closed_page;
static int expected_code;

void on_signal(int number, siginfo_t* info, void* context) {
  (void)context;
  ++handled;  // mark: handler
  if (info->si_signo != number || info->si_code != expected_code || info->si_pid != getpid()) ++wrong;
}

static void on_queued(int number, siginfo_t* info, void* context) {
  (void)number;
  (void)context;
  if (info->si_code != SI_QUEUE || info->si_value.sival_int != last_value + 1) ++wrong;
  last_value = info->si_value.sival_int;
  ++handled;
}

static void on_fault(int number, siginfo_t* info, void* context) {
  (void)number;
  (void)context;
  if (info->si_code != SEGV_ACCERR || info->si_addr != closed_page + 8) ++wrong;
  ++handled;
  if (mprotect(closed_page, 4096, PROT_READ) != 0) ++wrong;
}

static void on_outer(int number, siginfo_t* info, void* context) {
  on_signal(number, info, context);
  raise(SIGUSR2);
}

static void handle(int number, void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  REQUIRE(sigaction(number, &action, NULL) == 0);
}

static void set_blocked(int number, int how) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  REQUIRE(sigprocmask(how, &set, NULL) == 0);
}

static long mode_ignored(long times) {
  REQUIRE(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
  for (long i = 0; i < times; ++i) REQUIRE(raise(SIGUSR1) == 0);
  REQUIRE(raise(SIGCHLD) == 0);
  REQUIRE(raise(SIGWINCH) == 0);
  REQUIRE(raise(SIGURG) == 0);
  return 0;
}

static long mode_blocked(long times) {
  sigset_t pending;
  (void)times;
  expected_code = SI_USER;
  handle(SIGUSR1, on_signal);
  set_blocked(SIGUSR1, SIG_BLOCK);
  REQUIRE(kill(getpid(), SIGUSR1) == 0);
  REQUIRE(sigpending(&pending) == 0);
  REQUIRE(sigismember(&pending, SIGUSR1) == 1);
  REQUIRE(handled == 0);
  set_blocked(SIGUSR1, SIG_UNBLOCK);  // mark: unblock
  return 1;
}

static long mode_handled(long times) {
  expected_code = SI_TKILL;
  handle(SIGUSR1, on_signal);
  for (long i = 0; i < times; ++i) REQUIRE(raise(SIGUSR1) == 0);  // mark: raise
  return times;
}

static long mode_queued(long times) {
  handle(SIGRTMIN, on_queued);
  for (long i = 1; i <= times; ++i) {
    union sigval value = {.sival_int = (int)i};
    REQUIRE(sigqueue(getpid(), SIGRTMIN, value) == 0);
  }
  return times;
}

static long mode_waited(long times) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  set_blocked(SIGUSR2, SIG_BLOCK);
  for (long i = 1; i <= times; ++i) {
    siginfo_t info;
    union sigval value = {.sival_int = (int)i};
    REQUIRE(sigqueue(getpid(), SIGUSR2, value) == 0);
    REQUIRE(sigwaitinfo(&set, &info) == SIGUSR2);
    REQUIRE(info.si_value.sival_int == i && info.si_pid == getpid());
  }
  return 0;
}

static long mode_fault(long times) {
  closed_page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(closed_page != MAP_FAILED);
  handle(SIGSEGV, on_fault);
  for (long i = 0; i < times; ++i) {
    REQUIRE(mprotect(closed_page, 4096, PROT_NONE) == 0);
    REQUIRE(((volatile char*)closed_page)[8] == 0);  // mark: fault
  }
  return times;
}

static long mode_nested(long times) {
  expected_code = SI_TKILL;
  handle(SIGUSR1, on_outer);
  handle(SIGUSR2, on_signal);
  for (long i = 0; i < times; ++i) REQUIRE(raise(SIGUSR1) == 0);
  return 2 * times;
}

static void mode_expect(int number, long sender, long value) {
  sigset_t set;
  siginfo_t info;
  sigemptyset(&set);
  sigaddset(&set, number);
  set_blocked(number, SIG_BLOCK);
  announce();
  int got;
  do {
    got = sigwaitinfo(&set, &info);
  } while (got < 0 && errno == EINTR);
  REQUIRE(got == number);
  printf("signals expect pid=%d value=%d\n", (int)info.si_pid, info.si_value.sival_int);
  fflush(stdout);
  if (sender != 0) REQUIRE(info.si_pid == sender);
  if (value != 0) REQUIRE(info.si_value.sival_int == value);
}

static void die_of(int number) {
  REQUIRE(signal(number, SIG_DFL) != SIG_ERR);
  raise(number);
  REQUIRE(!"still alive");
}

static void raise_core_limit(void) {
  struct rlimit limit;
  REQUIRE(getrlimit(RLIMIT_CORE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  REQUIRE(setrlimit(RLIMIT_CORE, &limit) == 0);
}

struct Mode {
  const char* name;
  long (*run)(long times);
};

static const struct Mode modes[] = {
    {"ignored", mode_ignored}, {"blocked", mode_blocked}, {"handled", mode_handled}, {"queued", mode_queued},
    {"waited", mode_waited},   {"fault", mode_fault},     {"nested", mode_nested},
};

int main(int argc, char** argv) {
  const char* name = argc > 1 ? argv[1] : "";
  if (strcmp(name, "fatal") == 0) die_of((int)argument(argc, argv, 2, SIGTERM));
  if (strcmp(name, "core") == 0) {
    raise_core_limit();
    die_of(SIGABRT);
  }
  if (strcmp(name, "expect") == 0) {
    mode_expect((int)argument(argc, argv, 2, SIGUSR1), argument(argc, argv, 3, 0),
                argument(argc, argv, 4, 0));
    return 0;
  }
  for (size_t i = 0; i < sizeof modes / sizeof *modes; ++i) {
    if (strcmp(name, modes[i].name) != 0) continue;
    long expected = modes[i].run(argument(argc, argv, 2, 3));
    printf("signals %s handled=%ld\n", name, handled);
    return handled == expected && wrong == 0 ? 0 : 1;
  }
  fprintf(stderr, "usage: signals MODE [N]; the modes are in the source\n");
  return 2;
}
