// Subject: a chain of processes, each the child of the one before.
//
// fork_chain [KIND=fork] [DEPTH=42], KIND fork or vfork. The first process has position 0. A process hands
// its child one byte through a pipe, which is the child's position, and ends with its own position as exit
// code when the child has ended with the one that it was handed. The process at DEPTH makes no child. Each
// calls after_fork() with its position right after each fork.

#include <sys/types.h>
#include <sys/wait.h>

#include "support.h"

// Nothing in a stack frame: a child of vfork lives in the frames of its parent, and so does its own child.
enum { kMaximum = 200 };
static int depth;
static pid_t process_at[kMaximum + 1];
static int pipe_at[kMaximum][2];

void after_fork(int position) {
  (void)position;
}

static int position_of(pid_t process) {
  for (int i = 0; i <= depth; ++i) {
    if (process_at[i] == process) return i;
  }
  return -1;
}

static void be_child(int position) {
  unsigned char byte;
  REQUIRE(read(pipe_at[position - 1][0], &byte, 1) == 1);
  REQUIRE(byte == position);
  process_at[position] = getpid();
}

static void be_parent(pid_t child) {
  int status;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == position_of(getpid()) + 1);
}

int main(int argc, char** argv) {
  static int by_vfork, position;
  static pid_t child;
  by_vfork = argc > 1 && strcmp(argv[1], "vfork") == 0;
  depth = (int)argument(argc, argv, 2, 42);
  REQUIRE(depth <= kMaximum);
  process_at[0] = getpid();
  for (position = 0; position < depth;) {
    const unsigned char byte = (unsigned char)(position + 1);
    REQUIRE(pipe(pipe_at[position]) == 0);
    REQUIRE(write(pipe_at[position][1], &byte, 1) == 1);
    child = by_vfork ? vfork() : fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      be_child(++position);
      after_fork(position);
    } else {
      after_fork(position_of(getpid()));
      be_parent(child);
      break;
    }
  }
  _exit(position_of(getpid()));
}
