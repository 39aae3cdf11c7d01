// The public interface on a core that somebody else runs: a server gives it to the engines it is host to.
#pragma once

#include <memory>

#include <cotrace/tracer.h>

namespace cotrace::base {
class Reactor;
}

namespace cotrace::trace {

class Core;

struct TracerAccess {
  // A tracer without a thread of its own: the tracer's thread is the one that runs the reactor, and the tasks
  // are the core's. Both outlive it. Its end detaches nobody.
  static std::unique_ptr<Tracer> on(base::Reactor& reactor, Core& core);
};

}  // namespace cotrace::trace
