// What one client believes: its processes and threads, and which of them stand.
//
// Plain bookkeeping, nothing here touches a task. The *shown* state is the client's: a thread that has
// stopped stays "running" here until its report has been handed over, and "stopped" until the client itself
// resumes it, whatever happens to the task meanwhile.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include <cotrace/event.h>
#include <cotrace/ids.h>

#include "session/target.h"

namespace cotrace::native {

class PointTable;
class ScratchCode;
class ThreadDb;
struct Process;

// What the client last told a thread to do; answers to events that do not concern the client go on with it.
struct Wish {
  enum class Kind : std::uint8_t { run, step, range } kind{Kind::run};
  Addr start, end;  // of a range: step until pc leaves [start, end)
};

// Where a breakpoint was hit, to see later whether that is still so.
struct Hit {
  Addr address;
  bool hardware{false};
  bool pc_moved{false};  // pc was left one past the address, for a client that expects it there
  bool own_int3{false};  // the program's own: pc has been put back to it, for a client with swbreak+
};

struct Thread {
  TaskId task;
  session::ThreadRef ref;
  Process* process{nullptr};

  bool stopped{false};            // shown stopped
  std::uint64_t generation{0};    // of the task, when it stopped for this client
  bool registers_written{false};  // by the client, since it stopped
  Wish wish;
  std::optional<session::StopReason> pending;  // stands, and waits for its report to be handed over
  std::deque<session::StopReason> held_back;   // to be shown after the client's next resume
  std::optional<session::StopReason> last;     // shown last, while `stopped`
  std::optional<Hit> hit;
  std::optional<SigInfo> signal;  // stands with this signal, whose fate the client has not decided
  bool signal_unseen{false};      // that signal's report was dropped: a plain resume passes the signal on
  int owed_signal{0};             // given with a resume that only brought a held-back report

  // Stops asked for and not yet there.
  bool joining{false};       // by attach(): no report
  bool halting{false};       // by halt(): no report
  bool quieting{false};      // vCont;t
  bool quieting_all{false};  // ... of every thread, so that what it makes meanwhile stops too
  bool interrupting{false};  // Ctrl-C
  bool awaited{false};       // what is pending is the answer to one of these

  // Stands in a system call that it is to leave before it stops for the client: the task's generation there.
  std::optional<std::uint64_t> leaving_call;

  unsigned options{0};            // QThreadOptions
  bool unreported{false};         // made by a clone that the client asked for and has not heard of yet
  std::vector<std::byte> handle;  // pthread_t, once known

  [[nodiscard]] bool stop_asked() const { return halting || quieting || interrupting; }
  // More than that it stands.
  [[nodiscard]] bool tells() const { return signal || !held_back.empty(); }

 private:
  friend class View;
  std::list<Thread*>::iterator running_at_{};
};

struct Process {
  Pid pid;
  bool attached{false};  // else launched, by this client or as a descendant of a launched one
  // The child of a fork whose report the client has not been handed yet; it is left out of everything.
  std::optional<Pid> unreported_child_of;
  bool new_vfork_child{false};  // the client has not yet resumed it
  bool starting{false};         // launched, its first instruction not reached
  bool held{false};             // attached to with all threads stopped, and nothing has been resumed since
  bool ending{false};           // killed by this client: nothing is reported of it any more
  std::map<Tid, std::unique_ptr<Thread>> threads;
  std::size_t running{0};                              // shown running
  std::shared_ptr<PointTable> points;                  // of its address space; shared after vfork
  std::optional<std::vector<std::uint64_t>> catching;  // system calls: nothing: none, empty: all
  std::shared_ptr<ThreadDb> thread_db;                 // made when first asked for, dropped at exec
  std::shared_ptr<ScratchCode> scratch;                // made at the first write, dropped at exec
};

// Owns the above. Thread pointers stay good until remove().
class View {
 public:
  Process& add_process(Pid pid, bool attached);
  // A thread begins as running. One that is there already (same serial) is returned as it is.
  Thread& add_thread(Process& process, TaskId task);
  void remove(Thread& thread);
  void remove(Process& process);

  [[nodiscard]] Process* process(Pid pid) const;
  [[nodiscard]] Thread* thread(TaskId task) const;  // by its serial: an exec changes the tid
  [[nodiscard]] Thread* thread_of_serial(std::uint64_t serial) const;
  [[nodiscard]] Thread* thread(session::ThreadRef ref) const;
  // A thread of the process; the leader if there is one. nullptr: the process has none.
  [[nodiscard]] static Thread* any_thread(const Process& process);
  [[nodiscard]] const std::map<Pid, std::unique_ptr<Process>>& processes() const { return processes_; }

  void show_stopped(Thread& thread, session::StopReason reason);
  void show_running(Thread& thread);
  // Shown running, in the order in which they were resumed.
  [[nodiscard]] const std::list<Thread*>& running() const { return running_; }

  // The thread of the last report, if it still stands with it.
  [[nodiscard]] const Thread* latest() const;

  // Left out of lists and of patterns.
  [[nodiscard]] static bool hidden(const Thread& thread);

 private:
  std::map<Pid, std::unique_ptr<Process>> processes_;
  std::unordered_map<std::uint64_t, Thread*> by_serial_;
  std::list<Thread*> running_;
  std::uint64_t latest_{0};  // serial
};

}  // namespace cotrace::native
