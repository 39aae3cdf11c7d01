// Subject: processes in pid and mount namespaces of their own.
//
// namespaces KIND [FOLDER]: where the user is not root, each comes with a user namespace.
//   clone    a child by clone(CLONE_NEWPID), pid 1 in there, which forks another; both call landmark() and
//   end
//            with 20
//   unshare  the same, the child by fork after unshare(CLONE_NEWPID)
//   mount    a child by clone(CLONE_NEWNS) that mounts this program's folder on FOLDER and execs it there as
//            "leaf"
//   leaf     calls landmark() and ends with 20
//   init     prints "ready PID", its pid as it sees it, and waits; then calls landmark() as often as it has
//            got SIGUSR1 and ends with 20
// Prints "namespaces child=PID", the child's pid as it sees it, and ends with 0, but for leaf and init.

#define _GNU_SOURCE
#include <libgen.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "support.h"

static char* folder;
static char* own_folder;
static volatile sig_atomic_t signals;
static int calls;

void landmark(void) {
  ++calls;
}

static void expect_end(pid_t child) {
  int status;
  REQUIRE(child > 0);
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 20);
}

static void say_pid(void) {
  printf("namespaces child=%d\n", (int)getpid());
  fflush(stdout);
}

static int be_init(void* unused) {
  (void)unused;
  say_pid();
  landmark();
  const pid_t child = fork();
  if (child == 0) {
    landmark();
    _exit(20);
  }
  expect_end(child);
  _exit(20);
}

static int be_mounter(void* unused) {
  char path[4096];
  (void)unused;
  REQUIRE(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
  REQUIRE(mount(own_folder, folder, NULL, MS_BIND, NULL) == 0);
  say_pid();
  snprintf(path, sizeof path, "%s/namespaces", folder);
  execl(path, path, "leaf", (char*)NULL);
  REQUIRE(!"exec came back");
  return 1;
}

static void handle(int number) {
  (void)number;
  ++signals;
}

static int be_waiting_init(void) {
  REQUIRE(signal(SIGUSR1, handle) != SIG_ERR);
  announce();
  wait_for_go();
  for (int i = 0; i < signals; ++i) landmark();
  return 20;
}

int main(int argc, char** argv) {
  enum { kStackBytes = 256 * 1024 };
  const char* kind = argc > 1 ? argv[1] : "";
  const int user = getuid() == 0 ? 0 : CLONE_NEWUSER;
  char* stack = mmap(NULL, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(stack != MAP_FAILED);
  own_folder = dirname(strdup(argv[0]));
  if (argc > 2) folder = argv[2];
  stack += kStackBytes;
  if (strcmp(kind, "leaf") == 0) {
    landmark();
    return 20;
  }
  if (strcmp(kind, "init") == 0) return be_waiting_init();
  if (strcmp(kind, "clone") == 0) {
    expect_end(clone(be_init, stack, CLONE_NEWPID | user | SIGCHLD, NULL));
  } else if (strcmp(kind, "unshare") == 0) {
    REQUIRE(unshare(CLONE_NEWPID | user) == 0);
    expect_end(clone(be_init, stack, SIGCHLD, NULL));
  } else if (strcmp(kind, "mount") == 0) {
    REQUIRE(folder != NULL);
    expect_end(clone(be_mounter, stack, CLONE_NEWNS | user | SIGCHLD, NULL));
  } else {
    fprintf(stderr, "usage: namespaces KIND [FOLDER]; the kinds are in the source\n");
    return 2;
  }
  return 0;
}
