// A tree that is made by hand: shell 100 launched; it forks 101, which becomes make, which has a thread and
// vforks 102; 101 ends first.
#pragma once

#include <string>
#include <vector>

#include "engines/process_tree/formats.h"
#include "engines/process_tree/tree_model.h"

namespace cotrace::test {

using engines::Origin;
using engines::ProgramImage;
using engines::TreeModel;
using engines::TreeTime;

class TextOutput : public engines::Output {
 public:
  void write(std::string_view bytes) override { text += bytes; }
  void note(std::string_view line) override { notes += std::string(line) + '\n'; }
  [[nodiscard]] bool full() const override { return is_full; }

  std::string text, notes;
  bool is_full{false};
};

inline TaskId task(std::int32_t tid) {
  return {Tid{tid}, static_cast<std::uint64_t>(tid)};
}

inline ProgramImage image(std::vector<std::string> arguments, TreeTime began = TreeTime(0)) {
  return {.began = began, .executable = "/bin/" + arguments.front(), .arguments = std::move(arguments)};
}

inline ExitStatus exit_with(int code) {
  return {.signalled = false, .code = code};
}
inline ExitStatus killed_by(int signal) {
  return {.signalled = true, .code = signal};
}

// Tells a format what it does to its model.
struct Story {
  TreeModel model;
  engines::TreeFormat* format{nullptr};
  TreeTime now{0};

  void tell(const engines::Happening& what) {
    if (format != nullptr) format->happened(now, what);
  }
  void begin(std::int32_t pid, Origin origin, std::int32_t creator, ProgramImage what) {
    std::optional<TreeModel::Creator> made_by;
    if (creator != 0) {
      made_by = {model.living(Pid{creator})->number, Tid{creator}};
      what.inherited = true;
    }
    const auto& process = model.begin(Pid{pid}, origin, made_by, now, std::move(what));
    tell(engines::happening::ProcessBegan{process});
    (void)model.begin_thread(process.number, task(pid), now);
  }
  void thread(std::int32_t pid, std::int32_t tid) {
    const auto& process = *model.living(Pid{pid});
    tell(engines::happening::ThreadBegan{process, *model.begin_thread(process.number, task(tid), now)});
  }
  void exec(std::int32_t pid, ProgramImage what) {
    const auto& process = *model.living(Pid{pid});
    std::vector<engines::TreeThread> gone;
    for (const auto& [serial, thread] : process.threads) {
      if (thread.tid.value != pid) gone.push_back(thread);
    }
    model.exec(process.number, task(pid), std::move(what));
    tell(engines::happening::Execed{process, gone});
  }
  void end(std::int32_t pid, const ExitStatus& status, std::optional<engines::TreeUsage> usage = {}) {
    const auto number = model.living(Pid{pid})->number;
    std::vector<engines::TreeThread> threads;
    for (const auto& [serial, thread] : model.at(number).threads) threads.push_back(thread);
    model.end(number, now, status, usage);
    tell(engines::happening::ProcessEnded{model.at(number), threads});
  }
  void hold(std::int32_t pid, const std::string& by, bool held) {
    tell(engines::happening::Held{*model.living(Pid{pid}), Tid{pid}, by, held});
  }

  // All but the end of 100 and 102.
  void usual() {
    using std::chrono::milliseconds;
    begin(100, Origin::launched, 0, image({"sh", "-c", "make all"}));
    now = milliseconds(10);
    begin(101, Origin::fork, 100, image({"sh", "-c", "make all"}, now));
    now = milliseconds(20);
    exec(101, image({"make", "all"}, now));
    thread(101, 111);
    now = milliseconds(30);
    begin(102, Origin::vfork, 101, image({"make", "all"}, now));
    now = milliseconds(1010);
    end(101, killed_by(9), engines::TreeUsage{milliseconds(300), milliseconds(20), std::uint64_t{12} << 20});
  }
};

}  // namespace cotrace::test
