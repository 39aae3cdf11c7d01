// Linux processes as one protocol client sees them: a session::Target over the tracing core.
//
// One NativeTarget is one client's view: an engine of its own in the core, with its own attachments, its own
// idea of which threads stand, its own breakpoints. It belongs to the reactor's thread, like the core.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cotrace/engine.h>
#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "linux/signals.h"
#include "session/target.h"

namespace cotrace::base {
class Reactor;
}
namespace cotrace::trace {
class Core;
}

namespace cotrace::native {

// What the owner of a NativeTarget may want to print or act upon. Called on the reactor's thread; the target
// must not be destroyed from within, and no call of the target but looking ones may be made.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void launched(Pid /*process*/, const std::string& /*program*/) {
  }  // stands at its first instruction
  virtual void attached(Pid /*process*/) {}
  virtual void launch_failed(const Error& /*why*/) {
  }  // it ended before its first instruction; see launch() below
  virtual void ended(Pid /*process*/, const ExitStatus& /*status*/) {
  }  // exited or killed by a signal, whoever did it
  virtual void detaching(Pid /*process*/) {}  // before this client's D, or release(), lets it go
  // It has just exec'ed: true where the client is to lose it, and to be told that it has exited.
  virtual bool ignored(Pid /*process*/) { return false; }
  virtual void killing(Pid /*process*/) {}  // before this client's k, vKill, or release()
  // What a breakpoint's commands print (dprintf-style agent): for the server's own standard output.
  virtual void agent_printf(std::string_view /*text*/) {}
};

// The core has still to let go of the process, or to hear of its death: nobody else may wait for it.
[[nodiscard]] bool still_traced(const trace::Core& core, Pid process);

struct TargetOptions {
  std::vector<std::string> wrapper;  // words put before every program that is launched (gdbserver --wrapper)
  bool startup_with_shell{true};     // until the client says otherwise (QStartupWithShell)
  bool disable_randomization{true};  // until the client says otherwise (QDisableRandomization)
  bool foreground{
      true};  // a launched program's group becomes the terminal's foreground group, if there is a terminal
  // What launched programs start with: current_signals() of a server, taken before it made its own
  // arrangements, as gdbserver does.
  sys::SignalState signals;
  // Redirections of launched programs: descriptor in the child <- descriptor here.
  std::vector<std::pair<int, int>> descriptors;
  session::Console* console{nullptr};  // monitor commands; must outlive the target
  Observer* observer{nullptr};         // must outlive the target
  // Where libthread_db.so.1 is looked for, directories separated by ':'; empty: where the dynamic linker
  // looks.
  std::string libthread_db_path;
};

// The signals that this process blocks and ignores now.
sys::SignalState current_signals();

class NativeTarget final : public session::Target, public Engine {
 public:
  // `core` and `reactor` must outlive it. May be destroyed at any moment except from within one of its own
  // callbacks: it then leaves all its processes running, as detach does.
  NativeTarget(trace::Core& core, base::Reactor& reactor, TargetOptions options);
  ~NativeTarget() override;
  NativeTarget(const NativeTarget&) = delete;
  NativeTarget& operator=(const NativeTarget&) = delete;

  // --- for the server
  // ------------------------------------------------------------------------------------------------
  // Launching and attaching before a client is there: processes()->launch() and attach(), with no listener
  // set. Errors of launch: with sys_errno set, the program could not be executed (no shell in between), text
  // "Cannot exec NAME"; with sys_errno 0, it (or the shell) ended before its first instruction, text "During
  // startup program exited with code N." or "... terminated with signal NAME, ...".

  // What launch() with no arguments starts (vRun with an empty name, R); set by every launch().
  void set_program(std::vector<std::string> arguments);
  [[nodiscard]] const std::vector<std::string>& program() const;

  // The stop of a thread that stands, to begin a session with (Session::initial_stop): the report last shown
  // if that thread still stands, else a Quiet one. Nothing: no process, or nothing stands.
  [[nodiscard]] std::optional<session::StopReport> standing_stop() const;

  // The client has left and another one shall go on with the same processes (gdbserver without --once):
  // everything is stopped, reports that nobody has seen are dropped (what is still true of them arises
  // again), options of the former client (pass_signals, events, catches, breakpoints) are forgotten. Then
  // `done`, later. set_listener(nullptr) first; the new session's listener may be set before `done`.
  void park(std::move_only_function<void()> done);

  // The client is gone for good: kills what it launched (`kill_launched`) and detaches from everything else,
  // unreported fork children too. `done` when no process of this client is left. Signals that threads were
  // stopped with are passed on.
  void release(bool kill_launched, std::move_only_function<void()> done);

  // As if the client had interrupted the process: one of its threads reports Interrupted; one that stands in
  // the client's view does so after the client's next resume. Nothing if the client has not the process.
  void stop_for_attention(Pid process);

  // One line per thread that this client holds, for `monitor` commands that tell who holds what.
  [[nodiscard]] std::string describe_holds() const;
  // One line per living child or thread of a traced process, whosever, that is not traced itself.
  [[nodiscard]] std::string describe_untraced() const;

  // monitor set libthread-db-search-path
  void set_libthread_db_path(std::string directories);

  // --- cotrace::Engine
  // ---------------------------------------------------------------------------------------------------
  Verdict on_event(TaskId task, const Event& event) override;

  // --- session::Target
  // ---------------------------------------------------------------------------------------------------
  void set_listener(session::StopListener* listener) override;
  std::vector<session::ThreadRef> threads() override;
  bool alive(session::ThreadRef thread) override;
  bool stopped(session::ThreadRef thread) override;
  Result<session::RegisterSet> register_set(session::ThreadRef thread) override;
  Result<> read_registers(session::ThreadRef thread, std::span<std::byte> block,
                          std::vector<bool>& valid) override;
  Result<> write_registers(session::ThreadRef thread, std::span<const std::byte> block) override;
  Result<std::vector<std::byte>> read_register(session::ThreadRef thread, int number) override;
  Result<> write_register(session::ThreadRef thread, int number, std::span<const std::byte> value) override;
  Result<std::size_t> read_memory(session::ThreadRef thread, Addr address, std::span<std::byte> out) override;
  Result<> write_memory(session::ThreadRef thread, Addr address, std::span<const std::byte> bytes) override;
  void resume(std::span<const session::ThreadAction> actions) override;
  void halt() override;
  void begin_non_stop() override;
  void interrupt() override;
  bool still_true(const session::StopReport& report) override;
  void withdraw(const session::StopReport& report) override;
  std::optional<session::StopReason> take_standing(session::ThreadRef thread) override;

  session::Processes* processes() override;
  session::Points* points() override;
  session::SyscallCatching* syscalls() override;
  session::HostFiles* files() override;
  session::ProgramFacts* facts() override;
  session::SignalInfo* signal_info() override;
  session::ThreadFacts* thread_facts() override;
  session::ThreadLocals* thread_locals() override;
  session::SystemFacts* system_facts() override;
  session::HostPlatform* platform() override;
  session::ProgramMemory* program_memory() override;
  session::Console* console() override;
  session::EventOptions* event_options() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cotrace::native
