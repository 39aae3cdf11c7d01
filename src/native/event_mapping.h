// What an event of the core means to the client: nothing, or a report.
#pragma once

#include <cotrace/event.h>

#include "native/client.h"
#include "native/lifecycle.h"
#include "native/points.h"
#include "native/reports.h"

namespace cotrace::native {

class EventMapping {
 public:
  EventMapping(Client& client, Reports& reports, Lifecycle& lifecycle, NativePoints& points)
      : client_(client), reports_(reports), lifecycle_(lifecycle), points_(points) {}

  // The verdict is `stop` where a report follows or the client believes that the thread stands, else the
  // thread goes on as the client last told it.
  Verdict on(TaskId task, const Event& event);

 private:
  Verdict map(Thread& thread, const event::Quiesced& event);
  Verdict map(Thread& thread, const event::Signal& event);
  Verdict map(Thread& thread, const event::SyscallEntry& event);
  Verdict map(Thread& thread, const event::SyscallExit& event);
  Verdict map(Thread& thread, const event::Cloned& event);
  Verdict map(Thread& thread, const event::Born& event);
  Verdict map(Thread& thread, const event::VforkDone& event);
  Verdict map(Thread& thread, const event::Execed& event);
  Verdict map(Thread& thread, const event::Exiting& event);
  Verdict map(Thread& thread, const event::Died& event);
  Verdict map(Thread& thread, const event::Reaped& event);
  Verdict map(Thread& thread, const event::JobControl& event);
  Verdict map(Thread& thread, const event::HoldChanged& event);
  Verdict map(Thread& thread, const event::StepDone& event);
  Verdict map(Thread& thread, const event::BreakpointHit& event);
  Verdict map(Thread& thread, const event::WatchpointHit& event);

  Thread* known(TaskId task, const Event& event);
  Verdict report(Thread& thread, session::StopReason reason);
  Verdict go_on(Thread& thread);
  Verdict leave_call(Thread& thread);
  static Verdict on_with_wish(const Thread& thread);
  void quiesced(Thread& thread);
  bool fault_at_breakpoint(Thread& thread, const SigInfo& info);
  bool own_breakpoint(Thread& thread, const SigInfo& info);
  Verdict cloned_thread(Thread& creator, const event::Cloned& event);
  Verdict cloned_process(Thread& creator, const event::Cloned& event);
  void thread_gone(Thread& thread, const ExitStatus& status);
  void process_gone(Process& process, TaskId last, const ExitStatus& status);
  Verdict disown(Process& process);
  [[nodiscard]] bool others_live() const;
  void consider_no_resumed(Pid pid);

  Client& client_;
  Reports& reports_;
  Lifecycle& lifecycle_;
  NativePoints& points_;
};

}  // namespace cotrace::native
