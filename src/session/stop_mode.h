// All-stop and non-stop: two ways to tell the client of the same stops.
#pragma once

#include <memory>
#include <vector>

#include "rsp/reply.h"
#include "session/target.h"

namespace cotrace::session {

class Conversation;

class StopMode {
 public:
  virtual ~StopMode() = default;
  // From the target (StopListener).
  virtual void on_stop(const StopReport& report) = 0;
  virtual void on_halted() = 0;

  // vCont, and c and s as the same actions. At least one.
  virtual rsp::Reply resume(std::vector<ThreadAction> actions) = 0;
  // `?`
  virtual rsp::Reply halt_reason() = 0;
  // vStopped
  virtual rsp::Reply next_stop() = 0;
  // 0x03 and vCtrlC
  virtual void interrupt() = 0;
  // vAttach has this thread. `report` is what all-stop tells of it.
  virtual rsp::Reply attached(const StopReport& report) = 0;
  // Nothing more is told of this process; the target has let it go.
  virtual void forget(Pid pid) = 0;
  // The client waits for a stop reply, so that console output can be sent.
  [[nodiscard]] virtual bool awaited() const = 0;
};

// Both begin with what the conversation knows of stops; either may follow the other.
std::unique_ptr<StopMode> make_all_stop(Conversation& talk);
std::unique_ptr<StopMode> make_non_stop(Conversation& talk);

}  // namespace cotrace::session
