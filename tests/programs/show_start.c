// Subject: what a launched program is given: arguments, environment, directory, process group, address
// randomisation, stdin.
//
// show_start [ARGS...]: one line each: "arg N=<text>", "env NAME=<value>" for every variable that begins with
// COTRACE_, "cwd=", "group=own" or "group=other", "session=own|other", "aslr=on|off", "blocked=<signals
// blocked>", "ignored=<signals ignored>", "fds=<open descriptors>", "tracer=<TracerPid>".

#include <dirent.h>
#include <signal.h>
#include <sys/personality.h>

#include "support.h"

extern char** environ;

static void show_signals(void) {
  sigset_t blocked;
  REQUIRE(sigprocmask(SIG_BLOCK, NULL, &blocked) == 0);
  printf("blocked=");
  for (int number = 1; number < 32; ++number) {
    if (sigismember(&blocked, number) == 1) printf("%d,", number);
  }
  printf("\nignored=");
  for (int number = 1; number < 32; ++number) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN) printf("%d,", number);
  }
  printf("\n");
}

static void show_descriptors(void) {
  DIR* directory = opendir("/proc/self/fd");
  REQUIRE(directory != NULL);
  printf("fds=");
  for (struct dirent* entry; (entry = readdir(directory)) != NULL;) {
    if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(directory)) printf("%s,", entry->d_name);
  }
  printf("\n");
  closedir(directory);
}

static void show_tracer(void) {
  char line[256];
  FILE* file = fopen("/proc/self/status", "r");
  REQUIRE(file != NULL);
  while (fgets(line, sizeof line, file) != NULL) {
    int tracer;
    if (sscanf(line, "TracerPid: %d", &tracer) == 1) printf("tracer=%d\n", tracer);
  }
  fclose(file);
}

int main(int argc, char** argv) {
  char directory[4096];
  for (int i = 0; i < argc; ++i) printf("arg %d=%s\n", i, argv[i]);
  for (char** one = environ; *one != NULL; ++one) {
    if (strncmp(*one, "COTRACE_", 8) == 0) printf("env %s\n", *one);
  }
  REQUIRE(getcwd(directory, sizeof directory) != NULL);
  printf("cwd=%s\n", directory);
  printf("group=%s\n", getpgrp() == getpid() ? "own" : "other");
  printf("session=%s\n", getsid(0) == getpid() ? "own" : "other");
  printf("aslr=%s\n", personality(0xffffffff) & ADDR_NO_RANDOMIZE ? "off" : "on");
  show_signals();
  show_descriptors();
  show_tracer();
  return 0;
}
