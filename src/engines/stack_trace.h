// Where a task stands: its stack, with names and lines, by the unwind tables and debug information of what is
// mapped into it (elfutils libdw).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/ids.h>
#include <cotrace/tracer.h>

namespace cotrace::engines {

struct Frame {
  Addr pc;
  std::string module;       // the file's path, or "[vdso]"; empty: no file is mapped there
  std::string symbol;       // demangled; empty: unknown
  std::uint64_t offset{0};  // of pc in the symbol
  std::string file;         // empty: no line is known
  int line{0};
  bool signal_frame{false};  // the kernel put it there to call a signal handler
  bool inlined{false};       // its code is part of the next frame's function; has the same pc as that
};

// "#0  0x00007f0012345678 name+0x1c (/path/lib.so) at file.c:12", without a line end.
std::string text_of(const Frame& frame, std::size_t number);

// Of one process. What has been read of files is kept until other code is mapped, by dlopen(3) or exec.
// Belongs to the tracer's thread. Debug information is looked for in this machine's files alone: no
// debuginfod is ever asked.
class StackTracer {
 public:
  explicit StackTracer(Tracer& tracer);
  ~StackTracer();
  StackTracer(const StackTracer&) = delete;
  StackTracer& operator=(const StackTracer&) = delete;

  // Innermost first, `most` at most. The task must stand: not_stopped, or gone, otherwise. Where the
  // unwinding cannot go on, it ends: at least the first frame is there.
  Result<std::vector<Frame>> frames(TaskId task, std::size_t most);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cotrace::engines
