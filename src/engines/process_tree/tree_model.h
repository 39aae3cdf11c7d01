// What is known of a tree of processes: data alone, that grows as things happen.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <cotrace/event.h>
#include <cotrace/ids.h>

namespace cotrace::engines {

// Since the job began. What was there before has negative ones.
using TreeTime = std::chrono::microseconds;

// A process of the tree. The kernel uses pids again; this number is never used twice.
using ProcessNumber = StrongId<struct ProcessNumberTag, std::uint64_t>;

// How a process came into the tree.
enum class Origin : std::uint8_t { launched, attached, fork, vfork, shared_memory };

// A program that a process ran, from exec to exec.
struct ProgramImage {
  TreeTime began{0};
  std::string executable;  // its path; empty where it cannot be told
  std::vector<std::string> arguments;
  bool inherited{false};  // what its creator ran: it has begun as a copy of that
};

struct TreeThread {
  Tid tid;
  TreeTime began{0};
};

struct TreeUsage {
  std::chrono::milliseconds user{0}, system{0};
  std::optional<std::uint64_t> peak_memory;  // bytes; of the last image
};

struct TreeProcess {
  ProcessNumber number;
  Pid pid;
  Origin origin{Origin::launched};
  // Who made it: not who its parent is by now, which changes when that one dies.
  std::optional<ProcessNumber> creator;
  std::optional<Pid> creator_pid;
  std::optional<Tid> creator_thread;
  TreeTime began{0};
  std::vector<ProgramImage> images;             // one at least
  std::map<std::uint64_t, TreeThread> threads;  // by serial; the leader is among them
  std::size_t most_threads{0};
  std::optional<TreeTime> ended;
  ExitStatus status;
  std::optional<TreeUsage> usage;
  std::vector<ProcessNumber> children;
};

class TreeModel {
 public:
  struct Creator {
    ProcessNumber process;
    Tid thread;
  };
  // A process is there. `image`: what it runs.
  const TreeProcess& begin(Pid pid, Origin origin, std::optional<Creator> creator, TreeTime now,
                           ProgramImage image);
  // nullptr: it is there already.
  const TreeThread* begin_thread(ProcessNumber process, TaskId task, TreeTime now);
  void end_thread(ProcessNumber process, TaskId task);
  // All threads but `task` are gone, and it is the leader now.
  void exec(ProcessNumber process, TaskId task, ProgramImage image);
  void end(ProcessNumber process, TreeTime now, const ExitStatus& status,
           const std::optional<TreeUsage>& usage);
  // What has ended and has nobody living below it is not needed any more.
  void forget(ProcessNumber process);

  // The living process with this id; nullptr if there is none.
  [[nodiscard]] const TreeProcess* living(Pid pid) const;
  [[nodiscard]] const TreeProcess& at(ProcessNumber process) const { return processes_.at(process); }
  // In the order in which they came.
  [[nodiscard]] const std::map<ProcessNumber, TreeProcess>& processes() const { return processes_; }
  // Those whose creator is not in the tree.
  [[nodiscard]] std::vector<ProcessNumber> roots() const;
  [[nodiscard]] std::size_t living_count() const { return living_.size(); }
  [[nodiscard]] std::uint64_t count() const { return last_; }

 private:
  std::map<ProcessNumber, TreeProcess> processes_;
  std::map<Pid, ProcessNumber> living_;
  std::uint64_t last_{0};
};

}  // namespace cotrace::engines
