// crash_catcher PROGRAM [ARGS...]: runs a program and says on standard error how it, or whatever it starts,
// crashes: the signal, and where.
#include <csignal>
#include <cstdio>
#include <cstring>
#include <future>
#include <pthread.h>
#include <sys/user.h>

#include <cotrace/tracer.h>

using namespace cotrace;

class CrashCatcher : public Engine {
 public:
  explicit CrashCatcher(Tracer& tracer) : tracer_(tracer) {}
  static constexpr EventMask mask{EventKind::signal, EventKind::clone, EventKind::death};

  Verdict on_event(TaskId task, const Event& event) override {
    if (const auto* clone = std::get_if<event::Cloned>(&event); clone && clone->kind != CloneKind::thread) {
      if (tracer_.attach(clone->child, *this, {.events = mask})) ++processes_;  // not gone already
    } else if (const auto* signal = std::get_if<event::Signal>(&event)) {
      // What the program handles or ignores is no crash.
      user_regs_struct regs{};
      if (tracer_.disposition(task, signal->info.si_signo) == SignalDisposition::core &&
          tracer_.registers(task, regs))
        std::fprintf(stderr, "%d: %s at %#llx, address %p\n", task.tid.value,
                     strsignal(signal->info.si_signo), regs.rip, signal->info.si_addr);
    } else if (const auto* death = std::get_if<event::Died>(&event); death && death->process_ended) {
      if (--processes_ == 0)
        ended_.set_value(death->status.signalled ? 128 + death->status.code : death->status.code);
    }
    return {};
  }
  int wait() { return ended_.get_future().get(); }

 private:
  Tracer& tracer_;
  int processes_{1};
  std::promise<int> ended_;
};

int main(int count, char** arguments) {
  sigset_t child_signal;
  sigemptyset(&child_signal);
  sigaddset(&child_signal, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &child_signal, nullptr);  // the tracer's, see tracer.h
  auto tracer = Tracer::create();
  if (!tracer || count < 2) return 2;
  CrashCatcher catcher(**tracer);
  const auto task = (*tracer)->launch({.arguments = {arguments + 1, arguments + count}}, catcher,
                                      {.events = CrashCatcher::mask});
  const int code = task ? catcher.wait() : 1;
  tracer->reset();  // before the engine, which it may be calling
  return code;
}
