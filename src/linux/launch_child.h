// The child's side of a launch: what happens between fork and exec.
#pragma once

#include <cstddef>
#include <sys/types.h>

#include "linux/signals.h"

namespace cotrace::sys {

// Written by the child to its failure pipe, whole: it is smaller than PIPE_BUF.
struct ChildFailure {
  enum class Stage : int { redirect, directory, exec };
  Stage stage;
  int sys_errno;
};

// Plain pointers and numbers, all prepared before the fork; all of it stays valid in the child's copy of the
// memory.
struct ChildPlan {
  struct Redirection {
    int source, target;  // every source is above every target
  };
  char** argv;
  char** envp;
  char** files;                   // the paths to try, ended by a null pointer
  const char* working_directory;  // or null
  const Redirection* redirections;
  std::size_t redirection_count;
  pid_t parent;
  int go;          // one byte: go on; end of file: the parent has died
  int parents_go;  // the parent's end of it, inherited
  int failure;
  SignalState signals;
  bool disable_randomization, own_process_group, foreground, die_with_tracer;
};

// To be called in the child right after fork(2), with all signals blocked. Async-signal-safe.
[[noreturn]] void run_child(const ChildPlan& plan);

}  // namespace cotrace::sys
