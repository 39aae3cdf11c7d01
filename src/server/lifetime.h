// When a server goes on and when it ends: the rules, without anything that happens.
#pragma once

#include <cstdint>

namespace cotrace::server {

// How a client's conversation came to its end.
enum class Farewell : std::uint8_t {
  lost,      // the connection broke, or the client closed it (`disconnect`, the end of gdb)
  finished,  // the session said so: killed, detached or exited in `target remote`
  exit,      // `monitor exit`
};

struct LifeRules {
  // gdbserver's manners: one client at a time, its processes stay stopped for the next one. Else each client
  // has a view of its own, which goes with it.
  bool gdbserver{false};
  bool once{false};   // ends with the first connection
  bool multi{false};  // stays although nothing is debugged (gdbserver --multi, cotrace serve)
  // What a lost client had launched dies, unless another client has it too; else it runs on.
  bool kill_when_lost{false};
};

// What there is once the client has gone.
struct Situation {
  Farewell farewell{Farewell::lost};
  bool extended{false};       // the client spoke extended-remote
  bool processes{false};      // the client had processes when it went
  bool children{false};       // programs launched here run undebugged
  bool other_clients{false};  // never with gdbserver's manners
};

enum class Next : std::uint8_t {
  listen,             // wait for the next client
  park,               // stop everything, then wait for the next client, who goes on with it
  wait_for_children,  // deaf: end as soon as the programs that were let go have ended
  end,
};

Next after_client(const LifeRules& rules, const Situation& situation);

// A process has ended: does the server end with it? `clients`: somebody is connected (and will be told; the
// end of that conversation decides).
bool ends_with_last_process(const LifeRules& rules, bool clients, bool processes_or_children);

}  // namespace cotrace::server
