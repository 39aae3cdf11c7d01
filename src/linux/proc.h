// What /proc tells of processes and tasks. Nothing here stops anybody.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/ids.h>

namespace cotrace::sys {

// From /proc/PID/task/TID/status and stat.
struct TaskStatus {
  std::string name;      // Name (comm)
  char state{'?'};       // R S D T t Z X
  Pid group;             // Tgid
  Pid parent;            // PPid
  Tid tracer;            // TracerPid, 0: nobody
  std::uint32_t uid{0};  // real user id
  std::uint32_t euid{0};
  std::uint32_t gid{0};
  std::uint32_t egid{0};
  std::uint64_t blocked{0}, ignored{0}, caught{0};  // SigBlk SigIgn SigCgt
  bool seccomp{false};                              // Seccomp != 0
  bool no_new_privs{false};
};
Result<TaskStatus> task_status(Tid tid);

// Every thread of the process that the kernel lists now, zombies (a leader that has exited) included.
Result<std::vector<Tid>> threads_of(Pid pid);
// The living processes that this one's threads have made, and that no exit of a thread has given to others.
Result<std::vector<Pid>> children_of(Pid pid);
// Every process in this /proc.
Result<std::vector<Pid>> processes();

// The system call that a task sleeps in (/proc/TID/syscall): what it passed, and where it will come back to.
struct BlockedCall {
  std::uint64_t number{0};
  std::array<std::uint64_t, 6> args{};
  std::uint64_t stack_pointer{0};
  std::uint64_t pc{0};
};
// Nothing: it runs, or it sleeps elsewhere. not_permitted as for ptrace.
Result<std::optional<BlockedCall>> blocked_call_of(Tid tid);

// The processor a task ran on last; start time in clock ticks since boot (field 39 and 22 of stat).
Result<int> processor_of(Tid tid);
Result<std::uint64_t> start_time_of(Tid tid);
// Wait until the child's exit code is known: field 52 of /proc/PID/stat is 0 without permission.

Result<std::vector<std::byte>> auxv_of(Tid tid);
Result<std::optional<std::uint64_t>> auxv_entry(Tid tid, std::uint64_t type);  // AT_ENTRY, AT_BASE ...
Result<std::string> executable_of(Tid tid);  // readlink of exe, without " (deleted)"
Result<std::vector<std::string>> command_line_of(Tid tid);

// One line of /proc/PID/maps.
struct Mapping {
  Addr start, end;
  bool read{false}, write{false}, execute{false}, shared{false};
  std::uint64_t offset{0};
  std::uint64_t inode{0};
  std::string path;  // also "[stack]", "[vdso]"; empty for anonymous memory
};
Result<std::vector<Mapping>> maps_of(Tid tid);

// Why this process may not trace that one: one sentence that names the cause (tracer by name and pid, yama's
// ptrace_scope, missing capability, other user, other user namespace, dead process, not dumpable) and what to
// do. Called after a refused seize.
Error diagnose_attach(Tid tid, int sys_errno);

}  // namespace cotrace::sys
