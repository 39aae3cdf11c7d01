#include "linux/launch_child.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/close_range.h>
#include <optional>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace cotrace::sys {

namespace {

// What a shell says of a program it could not start.
constexpr int exec_failed_status = 127;

[[noreturn]] void give_up(const ChildPlan& plan, ChildFailure failure) {
  [[maybe_unused]] const auto written = ::write(plan.failure, &failure, sizeof failure);
  ::_exit(exec_failed_status);
}

void join_groups(const ChildPlan& plan) {
  if (plan.own_process_group) ::setpgid(0, 0);
  if (!plan.foreground) return;
  // SIGTTOU, which a background group gets for this, is blocked like everything at this point.
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0) return;
  ::tcsetpgrp(terminal, ::getpgrp());
  ::close(terminal);
}

std::optional<ChildFailure> redirect(const ChildPlan& plan) {
  for (std::size_t i = 0; i < plan.redirection_count; ++i) {
    const auto& [source, target] = plan.redirections[i];
    if (::dup2(source, target) < 0) return ChildFailure{ChildFailure::Stage::redirect, errno};
  }
  return std::nullopt;
}

// dup2(2) leaves the copies open on exec; everything else above 2 goes, whatever library of the tracer opened
// it.
void close_others_on_exec(const ChildPlan& plan) {
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  for (std::size_t i = 0; i < plan.redirection_count; ++i) ::fcntl(plan.redirections[i].target, F_SETFD, 0);
}

// Where the kernel, asked for the old value (all ones), or the filter of a container refuses, the program
// runs with randomised addresses.
void disable_randomization() {
  constexpr unsigned long ask = 0xffffffff;
  const int now = ::personality(ask);
  if (now != -1) ::personality(static_cast<unsigned long>(now) | ADDR_NO_RANDOMIZE);
}

void await_release(const ChildPlan& plan) {
  char byte = 0;
  ssize_t got = 0;
  do {
    got = ::read(plan.go, &byte, 1);
  } while (got < 0 && errno == EINTR);
  if (got != 1) ::_exit(exec_failed_status);
}

// As execvp(3) goes through PATH: a file that is not there or may not be executed is passed over. "May not"
// is remembered, but not of a folder that this user cannot even search: to say that the program may not be
// executed would mislead.
int exec_one_of(const ChildPlan& plan) {
  int error = ENOENT;
  for (char** file = plan.files; *file != nullptr; ++file) {
    ::execve(*file, plan.argv, plan.envp);
    const int reason = errno;
    if (reason != EACCES && reason != ENOENT && reason != ENOTDIR && reason != ELOOP) return reason;
    const bool only_one = plan.files[1] == nullptr;
    if (reason == EACCES && (only_one || ::access(*file, F_OK) == 0)) error = EACCES;
  }
  return error;
}

}  // namespace

void run_child(const ChildPlan& plan) {
  // If the parent dies, the end of file of this pipe must show it: its other end may not live on in here.
  ::close(plan.parents_go);
  if (plan.die_with_tracer) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != plan.parent) ::_exit(exec_failed_status);  // it died before the prctl
  }
  join_groups(plan);
  plan.signals.take_effect();
  // A failure is told only after the release: a child that has ended before it is seized would look like a
  // refused attach.
  const auto failure = redirect(plan);
  await_release(plan);

  if (failure) give_up(plan, *failure);
  // Traced by now, so PTRACE_O_EXITKILL has taken over; this would outlive a detach.
  if (plan.die_with_tracer) ::prctl(PR_SET_PDEATHSIG, 0);
  if (plan.disable_randomization) disable_randomization();
  if (plan.working_directory != nullptr && ::chdir(plan.working_directory) != 0)
    give_up(plan, {ChildFailure::Stage::directory, errno});
  close_others_on_exec(plan);
  give_up(plan, {ChildFailure::Stage::exec, exec_one_of(plan)});
}

}  // namespace cotrace::sys
