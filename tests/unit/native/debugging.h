// A debugger without a protocol: NativeTarget on real programs, driven as a session would.
#pragma once

#include <deque>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/reactor.h"
#include "native/native_target.h"
#include "trace/core.h"

namespace cotrace::native {

// A client: its target, and all that it was told.
class Debugger : public session::StopListener, public Observer {
 public:
  Debugger(trace::Core& core, base::Reactor& reactor, TargetOptions options);

  void on_stop(const session::StopReport& report) override { stops.push_back(report); }
  void on_halted() override { ++halted; }
  void on_console(std::string_view) override {}
  void ended(Pid process, const ExitStatus& status) override { ends.emplace_back(process, status); }
  void agent_printf(std::string_view text) override { printed += text; }

  // Resumes everything, one thread, or steps one.
  void cont() { resume({}, session::act::Continue{}); }
  void cont(session::ThreadRef thread, int signal = 0) {
    resume({thread.pid, thread.tid}, session::act::Continue{signal});
  }
  void step(session::ThreadRef thread) { resume({thread.pid, thread.tid}, session::act::Step{}); }
  template <class What>
  void resume(session::ThreadPattern who, What what) {
    const session::ThreadAction action{who, what};
    target.resume({&action, 1});
  }

  std::deque<session::StopReport> stops;
  int halted{0};
  std::vector<std::pair<Pid, ExitStatus>> ends;
  std::string printed;
  NativeTarget target;
};

class Debugging : public testing::Test {
 protected:
  Debugging();
  ~Debugging() override;

  std::unique_ptr<Debugger> debugger(TargetOptions options = {});
  // Runs the reactor until it is so, at most half a minute.
  [[nodiscard]] bool until(const std::function<bool()>& so);
  // Handles what is ready until nothing has come for a moment.
  void drain();

  // A program of tests/programs at its first instruction. Its stdin is `input`, its stdout goes nowhere.
  Result<session::ThreadRef> try_launch(Debugger& client, std::vector<std::string> arguments);
  session::ThreadRef launch(Debugger& client, std::vector<std::string> arguments);
  Result<session::ThreadRef> try_attach(Debugger& client, Pid pid, bool hold = true);
  // Started by the test alone; waits for its "ready" line. Killed and reaped at the end of the test.
  Pid start(std::vector<std::string> arguments);
  Result<> finish(const std::function<void(std::move_only_function<void(Result<>)>)>& begin);
  Result<> kill(Debugger& client, Pid pid);
  Result<> detach(Debugger& client, Pid pid);
  void halt(Debugger& client);

  // The next stop, whatever it is; an empty one and a failure if none comes.
  session::StopReport next_stop(Debugger& client);
  // The next stop, which must be of this kind.
  template <class Kind>
  std::pair<session::ThreadRef, Kind> expect_stop(Debugger& client) {
    const auto report = next_stop(client);
    const auto* kind = std::get_if<Kind>(&report.reason);
    EXPECT_NE(kind, nullptr) << "another kind of stop: alternative " << report.reason.index();
    return {report.thread, kind == nullptr ? Kind{} : *kind};
  }

  // Where a symbol of the process's program is now.
  static Addr symbol(Pid pid, const std::string& name);
  Addr breakpoint(Debugger& client, session::ThreadRef thread, const std::string& function);
  std::uint64_t pc(Debugger& client, session::ThreadRef thread);
  void poke(Debugger& client, session::ThreadRef thread, const std::string& variable, std::int32_t value);
  static int tracer_of(Pid pid);

  std::unique_ptr<base::Reactor> reactor;
  std::unique_ptr<trace::Core> core;
  base::Fd input;  // of the program launched last: destroy it to let the program read the end

 private:
  struct Child {
    Pid pid;
    base::Fd input;
  };
  std::vector<Child> children_;
  std::vector<std::pair<Pid, std::uint64_t>> launched_;  // with their start times: ids are used again
};

std::string program(const std::string& name);

}  // namespace cotrace::native
