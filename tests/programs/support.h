// What every program of this folder uses: a check that says where it failed, the handshake with a test,
// arguments.
//
// The handshake: the program prints "ready PID" when it is in the state that a test wants to attach to, and
// reads one byte (or the end) of its stdin before it goes on. Nobody has to sleep.
//
// Exit codes: 0 the program found what it expected, 1 it did not, 2 wrong arguments; others are the subject
// of the program.
#ifndef TESTS_PROGRAMS_SUPPORT_H
#define TESTS_PROGRAMS_SUPPORT_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REQUIRE(condition)                                                                                 \
  do {                                                                                                     \
    if (!(condition)) {                                                                                    \
      fprintf(stderr, "%s:%d: not so: %s (errno: %s)\n", __FILE__, __LINE__, #condition, strerror(errno)); \
      _exit(1);                                                                                            \
    }                                                                                                      \
  } while (0)

// glibc before 2.30 had no gettid, and an old one may be found in a 32-bit sysroot.
static inline int own_tid(void) {
  return (int)syscall(SYS_gettid);
}

static inline void announce(void) {
  printf("ready %d\n", (int)getpid());
  fflush(stdout);
}

static inline void wait_for_go(void) {
  char byte;
  ssize_t got;
  do {
    got = read(STDIN_FILENO, &byte, 1);
  } while (got < 0 && errno == EINTR);
}

// The number in argv[index], or `fallback` when there are not so many arguments.
static inline long argument(int argc, char** argv, int index, long fallback) {
  if (index >= argc) return fallback;
  char* end;
  long value = strtol(argv[index], &end, 0);
  if (*end != '\0' || end == argv[index]) {
    fprintf(stderr, "%s: argument %d is not a number: %s\n", argv[0], index, argv[index]);
    exit(2);
  }
  return value;
}

// Whether one of the arguments is `word`.
static inline int has_word(int argc, char** argv, const char* word) {
  for (int i = 1; i < argc; ++i) {
    if (strcmp(argv[i], word) == 0) return 1;
  }
  return 0;
}

#endif
