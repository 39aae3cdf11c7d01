// diagnose_attach(): why the kernel refused a PTRACE_SEIZE. It says EPERM for a dozen reasons; each is looked
// for in the order in which naming it helps most.
#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <linux/capability.h>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "linux/proc.h"
#include "linux/proc_file.h"

namespace cotrace::sys {

namespace {

// What the checks look at, read once. `file` is /proc/TID/status, `own` that of this process.
struct Subject {
  Tid tid;
  TaskStatus status;
  std::string file;
  std::string own;
  int sys_errno;
  std::string who;  // "process 7 (cat)", "thread 8 of process 7 (cat)"
  bool privileged;  // this process has CAP_SYS_PTRACE in its own user namespace
};

using Check = std::optional<Error> (*)(const Subject&);

Error refused(const Subject& subject, Errc code, std::string text) {
  return Error{code, subject.sys_errno, std::move(text)};
}

bool has_capability(std::string_view status, int capability) {
  return (hexadecimal(status_value(status, "CapEff")) >> capability & 1U) != 0;
}

std::string name_of(Tid tid, const TaskStatus& status) {
  if (tid == leader_of(status.group)) return fmt::format("process {} ({})", tid.value, status.name);
  return fmt::format("thread {} of process {} ({})", tid.value, status.group.value, status.name);
}

std::optional<Error> check_dead(const Subject& s) {
  if (s.status.state != 'Z' && s.status.state != 'X') return std::nullopt;
  return refused(s, Errc::gone,
                 fmt::format("{} is dead: it has exited and waits to be reaped by its parent {}", s.who,
                             s.status.parent.value));
}

std::optional<Error> check_tracer(const Subject& s) {
  const Tid tracer = s.status.tracer;
  if (tracer.value == 0) return std::nullopt;
  // TracerPid is the thread that traces, not always the leader of its process.
  const auto status = task_status(tracer);
  const int process = status ? status->group.value : tracer.value;
  if (process == ::getpid()) {
    return refused(s, Errc::already_traced, fmt::format("{} is already traced by this very process", s.who));
  }
  return refused(s, Errc::already_traced,
                 fmt::format("{} is already traced by process {} ({}); let that one detach first", s.who,
                             process, status ? status->name : "?"));
}

std::optional<Error> check_self(const Subject& s) {
  if (s.status.group.value != ::getpid()) return std::nullopt;
  return refused(s, Errc::invalid, fmt::format("{} is this very process, which cannot trace itself", s.who));
}

std::optional<Error> check_kernel_thread(const Subject& s) {
  constexpr std::uint64_t pf_kthread = 0x00200000;  // include/linux/sched.h; field 9 of stat
  const auto stat = read_proc(s.tid, "stat");
  const auto flags = stat ? stat_field(*stat, 9) : std::nullopt;
  if (!flags || (decimal(*flags) & pf_kthread) == 0) return std::nullopt;
  return refused(s, Errc::not_permitted,
                 fmt::format("{} is a thread of the kernel, which nobody can trace", s.who));
}

// The kernel compares the caller's real ids with the real, effective and saved ones of the task.
bool ids_match(std::string_view value, std::uint64_t own) {
  const auto ids = words_of(value);
  return ids.size() >= 3 &&
         std::all_of(ids.begin(), ids.begin() + 3, [own](std::string_view id) { return decimal(id) == own; });
}

std::optional<Error> check_user(const Subject& s) {
  if (s.privileged) return std::nullopt;
  const bool same_user = ids_match(status_value(s.file, "Uid"), ::getuid());
  if (same_user && ids_match(status_value(s.file, "Gid"), ::getgid())) return std::nullopt;
  if (s.status.uid == ::getuid()) {
    return refused(
        s, Errc::not_permitted,
        fmt::format("{} runs with other user or group ids than it was started with (set-user-id?); "
                    "trace it as root or with CAP_SYS_PTRACE",
                    s.who));
  }
  return refused(
      s, Errc::not_permitted,
      fmt::format("{} belongs to user {}, and this is user {} without CAP_SYS_PTRACE; become that user "
                  "or root",
                  s.who, s.status.euid, ::getuid()));
}

bool is_descendant(Pid process) {
  // Bounded: process ids are used again, and a chain that is read step by step could close into a ring.
  for (int depth = 0; depth < 1000 && process.value > 1; ++depth) {
    if (process.value == ::getpid()) return true;
    const auto status = task_status(leader_of(process));
    if (!status) return false;
    process = status->parent;
  }
  return false;
}

std::optional<Error> check_yama(const Subject& s) {
  const auto scope = read_file("/proc/sys/kernel/yama/ptrace_scope");
  if (!scope) return std::nullopt;
  constexpr std::string_view knob = "kernel.yama.ptrace_scope";
  switch (decimal(*scope)) {
    case 1:
      if (s.privileged || is_descendant(s.status.group)) return std::nullopt;
      return refused(
          s, Errc::not_permitted,
          fmt::format("{} may be traced only by its ancestors, as {} is 1; start the program from here, "
                      "be root, or set it to 0 with sysctl",
                      s.who, knob));
    case 2:
      if (s.privileged) return std::nullopt;
      return refused(s, Errc::not_permitted,
                     fmt::format("{} is 2: only root (CAP_SYS_PTRACE) may attach to {}", knob, s.who));
    case 3:
      return refused(
          s, Errc::not_permitted,
          fmt::format("{} is 3: nobody may attach to {}, until the machine is started with another value",
                      knob, s.who));
    default:
      return std::nullopt;
  }
}

std::optional<Error> check_user_namespace(const Subject& s) {
  const auto own = read_proc_link(Tid{::getpid()}, "ns/user");
  const auto theirs = read_proc_link(s.tid, "ns/user");
  // Reading the link needs the very right that attaching does. Who has the capability and still is refused
  // has it for another namespace.
  const bool hidden = s.privileged && !theirs && theirs.error().code == Errc::not_permitted;
  if (!own || (!hidden && (!theirs || *own == *theirs))) return std::nullopt;
  return refused(s, Errc::not_permitted,
                 fmt::format("{} is in another user namespace (a container's), where this process has no "
                             "CAP_SYS_PTRACE; trace it from inside there or from its parent namespace",
                             s.who));
}

std::optional<Error> check_capabilities(const Subject& s) {
  if (s.privileged) return std::nullopt;
  const std::uint64_t theirs = hexadecimal(status_value(s.file, "CapPrm"));
  if ((theirs & ~hexadecimal(status_value(s.own, "CapPrm"))) == 0) return std::nullopt;
  return refused(s, Errc::not_permitted,
                 fmt::format("{} has capabilities that this process has not; trace it as root", s.who));
}

std::optional<Error> check_dumpable(const Subject& s) {
  if (s.privileged) return std::nullopt;
  // The files of a process that is not dumpable belong to root (proc(5), "/proc/pid"); nothing else there
  // tells.
  struct stat file{};
  if (::stat(fmt::format("/proc/{}/status", s.tid.value).c_str(), &file) != 0) return std::nullopt;
  if (file.st_uid == s.status.euid) return std::nullopt;
  return refused(
      s, Errc::not_permitted,
      fmt::format("{} has made itself undumpable (prctl PR_SET_DUMPABLE, or an executable that may not be "
                  "read); trace it as root or with CAP_SYS_PTRACE",
                  s.who));
}

// A dead or traced task is refused whoever asks, so these come first; what only root could change comes last.
constexpr std::array<Check, 9> checks{check_dead,           check_tracer,       check_self,
                                      check_kernel_thread,  check_user,         check_yama,
                                      check_user_namespace, check_capabilities, check_dumpable};

}  // namespace

Error diagnose_attach(Tid tid, int sys_errno) {
  auto file = read_proc(tid, "status");
  auto status = task_status(tid);
  if (!file || !status) {
    return Error{Errc::no_such_process, sys_errno,
                 fmt::format("there is no process or thread with id {}", tid.value)};
  }
  auto own = read_proc(Tid{::getpid()}, "status");
  Subject subject{tid, std::move(*status), std::move(*file), own.value_or(""), sys_errno, {}, false};
  subject.who = name_of(tid, subject.status);
  subject.privileged = has_capability(subject.own, CAP_SYS_PTRACE);
  for (const Check check : checks)
    if (auto error = check(subject)) return std::move(*error);

  if (sys_errno == ESRCH)
    return refused(subject, Errc::gone, fmt::format("{} is about to exit", subject.who));
  if (sys_errno == EPERM || sys_errno == EACCES) {
    return refused(
        subject, Errc::not_permitted,
        fmt::format("the kernel does not let this process trace {}: a security module (SELinux, AppArmor, "
                    "Landlock) or a system-call filter of this container forbids it",
                    subject.who));
  }
  return refused(subject, Errc::system,
                 fmt::format("cannot trace {}: {}", subject.who, std::generic_category().message(sys_errno)));
}

}  // namespace cotrace::sys
