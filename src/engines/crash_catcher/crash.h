// All that is found out about one crash: data alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <sys/user.h>
#include <vector>

#include <cotrace/event.h>
#include <cotrace/ids.h>

#include "engines/stack_trace.h"
#include "linux/proc.h"

namespace cotrace::engines {

struct CrashThread {
  TaskId task;
  std::string name;
  std::optional<SigInfo> signal;  // that is about to end the process
  std::optional<user_regs_struct> registers;
  std::vector<Frame> frames;
  std::string error;  // why there is no stack
};

// What a process runs.
struct CrashProgram {
  std::string executable;
  std::vector<std::string> arguments;
};

struct Crash {
  std::uint64_t number{0};
  std::time_t date{0};
  Pid process;
  CrashProgram program;
  std::optional<std::uint32_t> user;
  std::vector<CrashThread> threads;  // those that crash come first
  // The thread's last fault for which the program has a handler: it may have led to this.
  std::optional<SigInfo> before;
  // Around the pc of the first thread.
  Addr code_at;
  std::vector<std::byte> code;
  std::string hint;
  std::vector<std::string> maps, limits;
  std::vector<std::string> files;  // "3 -> /path"
  std::string incomplete;          // why
};

}  // namespace cotrace::engines
