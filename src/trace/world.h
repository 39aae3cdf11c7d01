// Everything the core traces: the tables, and nothing that decides.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "base/reactor.h"
#include "linux/launch.h"
#include "linux/wait.h"
#include "trace/core.h"
#include "trace/task.h"
#include "trace/wait_source.h"

namespace cotrace::trace {

// A breakpoint or watchpoint as its owner knows it.
struct PointRecord {
  Engine* engine{nullptr};
  std::weak_ptr<AddressSpace> space;
  Addr address;
  bool hardware{false};
};

// A point that an engine took over into a fork's memory.
struct Adoption {
  const Engine* engine{nullptr};
  PointId parent, child;
};

// A status that came before anybody told of the task's birth, and who was asked to stop since, with the
// number of its stops at that time.
struct Early {
  int status{0};
  std::vector<std::pair<TaskId, std::uint64_t>> asked;
};

class World {
 public:
  World(base::Reactor& event_loop, const CoreOptions& core_options, std::unique_ptr<sys::WaitCalls> calls)
      : reactor(event_loop),
        options(core_options),
        waits(std::move(calls)),
        alive_(std::make_shared<World*>(this)) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  base::Reactor& reactor;
  CoreOptions options;
  WaitSource waits;
  std::unordered_map<PointId, PointRecord> points;
  std::unordered_map<Tid, sys::PendingLaunch> launches;                // not yet exec'ed
  std::unordered_map<std::uint64_t, Error> launch_failures;            // by serial
  std::unordered_map<std::uint64_t, std::vector<Adoption>> adoptions;  // by the child's serial
  base::Reactor::Watch sleepers;                                       // see look_for_sleepers()
  std::unordered_map<Tid, Early> early;                                // see note_early()
  base::Reactor::Watch early_timer;
  std::deque<SiteTable> left_sites;  // see keep_sites()

  // --- tasks ---
  Task& create(Tid tid, Pid process, std::shared_ptr<AddressSpace> space);
  // Takes the task out of every table. The object lives on until the reactor is back at its top.
  void erase(Task& task);
  [[nodiscard]] Task* find(Tid tid) const;
  [[nodiscard]] Task* find(TaskId id) const;
  [[nodiscard]] ThreadGroup* group(Pid pid) const;
  // The thread that called exec becomes the leader: same task, new thread id.
  void rename(Task& task, Tid tid);
  void move_to_space(Task& task, std::shared_ptr<AddressSpace> space);
  // Keeps the counts of running tasks and the expectations of waits in step.
  void set_state(Task& task, TaskState state);
  [[nodiscard]] std::vector<Task*> all() const;

  // Runs `work` once nothing of the core is on the stack. Dropped if the core is gone by then.
  void defer(std::function<void()> work);
  void run_deferred();

  // `done`, once nothing of the process waits to be let go: what is left of it then belongs to another
  // engine, sleeps in vfork, or is a shadow. Not from within the call.
  void when_let_go(Pid process, std::function<void()> done);
  // A task is gone, asleep, or wanted again.
  void look_at_departures();

  PointId new_point() { return PointId{++last_point_}; }

 private:
  void bury();
  [[nodiscard]] bool let_go(Pid process) const;
  void tell_departures();

  std::unordered_map<Tid, std::unique_ptr<Task>> tasks_;
  std::unordered_map<std::uint64_t, Task*> by_serial_;
  std::unordered_map<Pid, std::unique_ptr<ThreadGroup>> groups_;
  // Engines are called in the middle of everything and may end tasks that a caller further up still has a
  // pointer to.
  std::vector<std::unique_ptr<Task>> dead_tasks_;
  std::vector<std::unique_ptr<ThreadGroup>> dead_groups_;
  std::vector<std::function<void()>> deferred_;
  struct Departure {
    Pid process;
    std::function<void()> done;
  };
  std::vector<Departure> departures_;
  std::shared_ptr<World*> alive_;
  std::uint64_t last_serial_{0};
  std::uint64_t last_point_{0};
};

// --- registers of a task that stands: read once per stop, kept, written back when it is resumed ---
Result<arch::native::GeneralRegs*> regs_of(Task& task);
Result<> flush_registers(Task& task);

// True where the task runs no code until an engine or the kernel lets it: stopped and its stop told, or
// inside vfork.
bool stands(const Task& task);
// And has not been woken to die, which no status may have told yet: asks the kernel.
bool really_stands(const Task& task);

}  // namespace cotrace::trace
