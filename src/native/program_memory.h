// Memory for lldb's expressions, mapped by the program itself.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/event.h>

#include "arch/native_client.h"
#include "native/client.h"
#include "session/target.h"

namespace cotrace::native {

// A thread that stands is made to carry out one system call where it stands, by the means by which an
// instruction is stepped out of its place (trace::GivenInstruction): nothing is written into the program's
// code, and its other threads do not notice. Its registers are put back before anybody sees them. Nobody but
// this client may hold the thread, for it has to run.
class NativeProgramMemory final : public session::ProgramMemory {
 public:
  explicit NativeProgramMemory(Client& client) : client_(client) {}

  void allocate(session::ThreadRef thread, std::uint64_t size, Rights rights,
                std::move_only_function<void(Result<Addr>)> done) override;
  void deallocate(session::ThreadRef thread, Addr address,
                  std::move_only_function<void(Result<>)> done) override;

  // Unmaps what the process still has, as far as one of its threads can be made to, and waits for what is
  // under way. `done` at once, from within, where there is nothing to do.
  void give_back(Pid pid, std::move_only_function<void()> done);
  // An event of a thread that carries out a call: what becomes of it. Nothing: the event is none of this
  // one's.
  std::optional<Verdict> on(TaskId task, const Event& event);

 private:
  using CallDone = std::move_only_function<void(Result<std::uint64_t>)>;
  struct Call {
    session::ThreadRef thread;  // by it or by another one of its process
    arch::native::ForeignCall what;
    std::uint64_t first, second;
    CallDone done;
  };
  // Under way.
  struct Running {
    Call call;
    TaskId task;
    arch::native::GeneralRegs saved;
  };

  void add(Call call);
  void start_next();
  Result<> start(Call& call);
  Result<> step();
  [[nodiscard]] const Thread* able(session::ThreadRef wanted) const;
  [[nodiscard]] bool able(const Thread& thread) const;
  std::optional<Verdict> step_done();
  void finish(Result<std::uint64_t> result);
  void restore();

  Client& client_;
  std::map<Pid, std::map<Addr, std::uint64_t>> regions_;  // address -> size
  std::deque<Call> waiting_;
  std::optional<Running> running_;
};

}  // namespace cotrace::native
