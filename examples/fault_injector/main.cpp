// fault_injector N FILE PROGRAM [ARGS...]: runs a program in which the Nth open of FILE, in whichever of its
// processes, fails with EIO; all others are left alone. The program's exit status is this one's.
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <pthread.h>
#include <string>
#include <sys/syscall.h>

#include <cotrace/tracer.h>

using namespace cotrace;

class FaultInjector : public Engine {
 public:
  FaultInjector(Tracer& tracer, long number, std::string file)
      : tracer_(tracer), countdown_(number), file_(std::move(file)) {}
  static constexpr EventMask mask{EventKind::syscall_entry, EventKind::clone, EventKind::death};

  Verdict on_event(TaskId task, const Event& event) override {
    if (const auto* clone = std::get_if<event::Cloned>(&event); clone && clone->kind != CloneKind::thread) {
      if (tracer_.attach(clone->child, *this, {.events = mask})) ++processes_;
    } else if (const auto* call = std::get_if<event::SyscallEntry>(&event)) {
      if (opens_file(task, *call) && --countdown_ == 0) {
        Verdict fails;
        fails.syscall = SyscallVerdict{.abort = true, .result = -EIO};
        return fails;
      }
    } else if (const auto* death = std::get_if<event::Died>(&event); death && death->process_ended) {
      // The program that was launched began first, and its status is what counts.
      if (task == program_) code_ = death->status.signalled ? 128 + death->status.code : death->status.code;
      if (--processes_ == 0) ended_.set_value(code_);
    }
    return {};
  }

  int run(std::vector<std::string> arguments) {
    // Events can come before launch() has returned: they wait behind this on the tracer's own thread.
    tracer_.post([this, arguments = std::move(arguments)] {
      const auto task = tracer_.launch({.arguments = arguments}, *this, {.events = mask});
      if (task) {
        program_ = *task;
      } else {
        ended_.set_value(1);
      }
    });
    return ended_.get_future().get();
  }

 private:
  bool opens_file(TaskId task, const event::SyscallEntry& call) {
    if (call.compat || (call.number != SYS_openat && call.number != SYS_open)) return false;
    const Addr path{call.args[call.number == SYS_openat ? 1 : 0]};
    // With the NUL, so that a longer name is not taken for it.
    std::string found(file_.size() + 1, 'x');
    const auto got = tracer_.read_memory(task, path, std::as_writable_bytes(std::span(found)));
    return got && *got == found.size() && found.compare(0, file_.size(), file_) == 0 && found.back() == '\0';
  }

  Tracer& tracer_;
  long countdown_;
  std::string file_;
  TaskId program_;
  int processes_{1};
  int code_{1};
  std::promise<int> ended_;
};

int main(int count, char** arguments) {
  if (count < 4) return std::fputs("usage: fault_injector N FILE PROGRAM [ARGS...]\n", stderr), 2;
  sigset_t child_signal;
  sigemptyset(&child_signal);
  sigaddset(&child_signal, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &child_signal, nullptr);
  auto tracer = Tracer::create();
  if (!tracer) return 2;
  FaultInjector injector(**tracer, std::strtol(arguments[1], nullptr, 10), arguments[2]);
  const int code = injector.run({arguments + 3, arguments + count});
  tracer->reset();
  return code;
}
