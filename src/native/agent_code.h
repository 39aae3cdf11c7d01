// The bytecode that comes with a breakpoint: its conditions, and its commands (gdb: set dprintf-style agent).
#pragma once

#include <memory>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "ax/program.h"
#include "native/client.h"

namespace cotrace::native {

class AgentCode {
 public:
  // Malformed bytecode is an error here, not when the breakpoint is hit.
  static Result<std::unique_ptr<AgentCode>> make(Client& client,
                                                 const std::vector<session::Bytecode>& conditions,
                                                 const std::vector<session::Bytecode>& commands);

  // Whether the client shall hear of the hit: one of the conditions holds (or there is none), and there are
  // no commands. Where there are some they are run instead. A condition that cannot be evaluated stops the
  // thread, so that the user sees that something is wrong.
  bool stops(TaskId task);

 private:
  explicit AgentCode(Client& client) : client_(client) {}

  Client& client_;
  std::vector<ax::Program> conditions_, commands_;
};

}  // namespace cotrace::native
