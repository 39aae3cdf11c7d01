#include "server/lifetime.h"

namespace cotrace::server {
namespace {

Next after_gdbserver_client(const LifeRules& rules, const Situation& situation) {
  // `detach` in `target remote`: gdbserver stays, deaf, for the program that it started, and ends with it.
  // Whoever waits for the end of the server's output waits for the program's end too. (gdb closes the
  // connection itself after the detach.)
  const bool deaf = !situation.extended && !rules.multi && !situation.processes && situation.children;
  if (deaf) return Next::wait_for_children;
  if (rules.once) return Next::end;
  if (situation.processes) return Next::park;
  return situation.extended || rules.multi ? Next::listen : Next::end;
}

}  // namespace

Next after_client(const LifeRules& rules, const Situation& situation) {
  if (situation.farewell == Farewell::exit) return Next::end;
  if (rules.gdbserver) return after_gdbserver_client(rules, situation);
  if (situation.other_clients) return Next::listen;
  if (rules.once) return Next::end;
  if (rules.multi || situation.processes || situation.children) return Next::listen;
  return Next::end;
}

bool ends_with_last_process(const LifeRules& rules, bool clients, bool processes_or_children) {
  return !rules.multi && !clients && !processes_or_children;
}

}  // namespace cotrace::server
