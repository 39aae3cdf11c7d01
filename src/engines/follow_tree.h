// Follows process trees silently: whatever a followed process makes, and whatever that becomes by exec, is
// attached to from its first instruction on, and nothing stops because of it. Gates hold those processes that
// somebody waits for.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <cotrace/engine.h>
#include <cotrace/error.h>
#include <cotrace/event.h>
#include <cotrace/ids.h>

#include "base/reactor.h"
#include "engines/process_pattern.h"

namespace cotrace::trace {
class Core;
}

namespace cotrace::engines {

struct Gates {
  // A process is held at its first instruction if what it runs matches one of these ...
  std::vector<ProcessPattern> hold;
  // ... and before it dies of a signal whose default is to dump core. (Of SIGPIPE or SIGTERM processes die
  // every day.)
  bool crash{false};
  // It runs on untraced, and so does everything it makes.
  std::vector<ProcessPattern> ignore;
  // Let go after so long without a debugger. Zero: never.
  std::chrono::seconds patience{0};

  [[nodiscard]] bool holds_any() const { return crash || !hold.empty(); }
};

// Why a process stands at a gate.
struct AtGate {
  Pid process;
  std::string pattern;  // empty: a crash
  int signal{0};        // of a crash
  std::string command_line;
};

// Called on the reactor's thread, from within the engine: what it leads to is to be deferred.
class TreeListener {
 public:
  virtual ~TreeListener() = default;
  virtual void held(const AtGate& gate) = 0;
  virtual void patience_ended(Pid process) = 0;
  virtual void ended(Pid process, const ExitStatus& status) = 0;
  virtual void ignored(Pid process) = 0;  // from now on, with all that it makes
};

// Belongs to the reactor's thread. Destroyed, it leaves all processes, and what it held runs on.
class FollowTree final : public Engine {
 public:
  FollowTree(trace::Core& core, base::Reactor& reactor, TreeListener& listener)
      : core_(core), reactor_(reactor), listener_(listener) {}
  ~FollowTree() override;
  FollowTree(const FollowTree&) = delete;
  FollowTree& operator=(const FollowTree&) = delete;

  // The process, and from now on all that it makes. One that is followed already stays so. `at_start`: it
  // stands at its first instruction, so the gates are for it too. Errors as of Core::attach.
  Result<> follow(Pid process, bool at_start);
  // Leaves the process, not what it has made so far.
  void leave(Pid process);
  void leave_all();

  [[nodiscard]] const Gates& gates() const { return gates_; }
  // What is at a gate by the former ones stays there.
  void set_gates(Gates gates);
  // What the process runs now is to be ignored.
  [[nodiscard]] bool ignores(Pid process) const;
  // Somebody holds the process now: the gate lets go of it.
  void taken(Pid process);
  [[nodiscard]] bool follows(Pid process) const { return processes_.contains(process); }
  [[nodiscard]] bool empty() const { return processes_.empty(); }
  // The one that has been at a gate for longest.
  [[nodiscard]] std::optional<Pid> first_held() const;
  // nullptr: it is at no gate.
  [[nodiscard]] const AtGate* gate_of(Pid process) const;
  // Patterns of `hold` that no process has matched so far.
  [[nodiscard]] std::vector<std::string> unmatched() const;
  // One line a process.
  [[nodiscard]] std::string describe() const;

  Verdict on_event(TaskId task, const Event& event) override;

 private:
  struct Member {
    std::optional<AtGate> gate;
    std::uint64_t turn{0};  // of arrival at the gate
    base::Reactor::Watch patience;
  };

  Verdict cloned(const event::Cloned& event);
  [[nodiscard]] bool at_gate(TaskId task) const;
  Verdict at_exec(TaskId task);
  Verdict signalled(TaskId task, const event::Signal& event);
  Verdict died(TaskId task, const event::Died& event);
  // True if it is to be held.
  bool at_first_instruction(Pid process, Member& member);
  void close_gate(Member& member, AtGate gate);
  void open_gate(Pid process, Member& member);
  [[nodiscard]] EventMask events() const;

  trace::Core& core_;
  base::Reactor& reactor_;
  TreeListener& listener_;
  Gates gates_;
  std::vector<bool> matched_;  // by the place in gates_.hold
  std::map<Pid, Member> processes_;
  std::uint64_t turns_{0};
};

}  // namespace cotrace::engines
