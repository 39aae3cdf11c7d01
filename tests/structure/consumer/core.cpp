// Links the tracing core: a tracer is refused as long as SIGCHLD is not blocked, and made when it is.
#include <csignal>
#include <cstdio>

#include <cotrace/tracer.h>

int main() {
  const auto refused = cotrace::Tracer::create();
  sigset_t chld;
  sigemptyset(&chld);
  sigaddset(&chld, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &chld, nullptr);
  const auto tracer = cotrace::Tracer::create();
  const bool good = !refused && refused.error().code == cotrace::Errc::invalid && tracer;
  std::puts(good ? "consumer: ok" : "consumer: wrong");
  return good ? 0 : 1;
}
