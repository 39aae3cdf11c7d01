// The server: brings programs, listeners, clients and the rules of its life together.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "base/reactor.h"
#include "engines/follow_tree.h"
#include "server/address.h"
#include "server/client.h"
#include "server/control.h"
#include "server/jobs.h"
#include "server/lifetime.h"
#include "server/lines.h"
#include "server/listener.h"
#include "server/outlets.h"
#include "server/packet_log.h"
#include "server/process_watch.h"
#include "server/terminal.h"
#include "server/view.h"

namespace cotrace::server {

// What is there before the first client comes.
struct StartProgram {
  std::vector<std::string> arguments;
};
struct StartAttached {
  Pid process;
};
// A job, on a program or on processes, beside which debuggers may come; the server ends with it.
struct StartJob {
  JobRequest request;
  std::vector<std::string> program;  // empty: what the request names is joined
  int output{1};                     // descriptor that the job writes to; it stays the caller's
};
using Start = std::variant<std::monostate, StartProgram, StartAttached, StartJob>;

// What is printed when clients can connect.
enum class Announce : std::uint8_t {
  nothing,
  address,      // `Listening on ...`
  gdb_command,  // the line to paste into gdb
};

// Which processes the server keeps beside those that its clients ask for.
struct FollowRules {
  // What is launched or attached to is followed, with all that it makes. Set by any gate.
  bool follow{false};
  engines::Gates gates;
  // Who waits for a gate does not want to be asked before: the program runs at once.
  [[nodiscard]] bool runs_at_once() const { return gates.holds_any(); }
};

struct ServerOptions {
  Address address;
  LifeRules life;
  Start start;
  FollowRules follow;
  JobFactory jobs;
  native::TargetOptions target;            // console, observer and foreground are filled in by the server
  std::set<std::string> disabled_packets;  // session::SessionOptions
  Announce announce{Announce::address};
  bool terminal{true};  // a launched program may become the terminal's foreground group
  // Clients can connect, and where a gate is waited for, something is held. May be empty; called once.
  std::move_only_function<void()> ready;
};

// Lives on the reactor's thread. Start it, run the reactor until the server stops it, then ask for the exit
// code.
class Server final : public ListenerOwner,
                     public ClientOwner,
                     public ViewOwner,
                     public engines::TreeListener {
 public:
  Server(base::Reactor& reactor, trace::Core& core, ServerOptions options, const View::Services& services);
  ~Server() override;

  // Resolves and binds the address, launches or attaches, then opens the door. What fails is told on the
  // terminal and ends the server with code 1.
  void start();
  // Ends in order: clients are hung up on, what was launched is killed, what was attached to is let go, then
  // the reactor is stopped.
  void finish(int exit_code);
  [[nodiscard]] int exit_code() const { return exit_code_; }
  // The signal that ended the job's program, if one did: this process should end likewise. 0: none.
  [[nodiscard]] int ending_signal() const { return ending_signal_; }
  // A signal that the terminal has sent to its whole foreground group: a job's program, which is in it too,
  // is the one that it was meant for.
  [[nodiscard]] bool meant_for_program(int signal) const;

 private:
  // listening (server.cpp)
  Result<> bind();
  void started(const Result<session::ThreadRef>& first);
  void begin();
  void announce();
  Result<> open_stream();
  void listen_again(View& view);
  void released_all();

  // clients (server_clients.cpp)
  void on_connection(base::Fd socket, const PeerName& peer) override;
  void on_refused(const PeerName& peer, const Error& why) override;
  void welcome(View& view, const std::string& name, base::Fd input, base::Fd output);
  session::SessionOptions session_options(unsigned client);
  void client_gone(Client& client, Farewell farewell) override;
  void go_on(Next next, View& view);

  // views and processes (server_clients.cpp)
  View& new_view();
  void give_up(View& view, bool kill_launched);
  void given_up(View& view);
  bool debugged(Pid process);
  bool had_by_others(const View& view);
  void watch_orphans();
  void process_launched(View& view, Pid process) override;
  void process_attached(View& view, Pid process) override;
  void process_ended(View& view, Pid process) override;
  void process_let_go(View& view, Pid process, bool launched) override;
  void exit_requested(View& view) override;
  std::string who(const View& asking) override;
  std::string who_for(const View* asking);
  void forget(Pid process);
  void end_if_idle();
  [[nodiscard]] bool unattended() const { return !undebugged_.empty() || !tree_.empty() || !jobs_.empty(); }

  // the tree (server_follow.cpp)
  void held(const engines::AtGate& gate) override;
  void patience_ended(Pid process) override;
  void ended(Pid process, const ExitStatus& status) override;
  void ignored(Pid process) override;
  bool process_ignored(Pid process) override;
  Result<std::string> follow(View& view, std::optional<bool> on) override;
  Result<std::string> add_gate(GateKind kind, std::string_view pattern) override;
  void follow_quietly(Pid process, bool at_start);
  void let_run(Pid process);
  [[nodiscard]] std::optional<Pid> offered() const;
  void show_gate(Pid process);
  void tell_ready();
  void tell_unmatched();

  // jobs (server_jobs.cpp)
  void start_job(const StartJob& job);
  Result<> begin_job(const StartJob& job);
  void job_ended(const std::optional<ExitStatus>& program);
  void end_jobs();
  void released_one();
  [[nodiscard]] std::string how_to_connect(Pid process) const;

  base::Reactor& reactor_;
  trace::Core& core_;
  ServerOptions options_;
  View::Services services_;
  Terminal terminal_;
  base::Fd null_;    // with stdio: the program's standard input
  base::Fd device_;  // a terminal device that is open but not yet a client's
  engines::FollowTree tree_;
  std::optional<LocalOutlet> outlet_;  // of the job of the command line; outlives the jobs
  Jobs jobs_;
  ControlDoor door_;
  std::optional<Jobs::Number> own_job_;  // while it runs
  std::optional<Pid> job_program_;       // launched by it
  ProcessWatch undebugged_;              // launched here or of the command line, and nobody's at the moment
  std::set<Pid>
      ours_;  // launched here, alive, and not detached from on a client's word: they die with the server
  std::optional<Pid> served_;  // the process of the command line, while it lives and is wanted
  std::optional<ListeningSockets> bound_;
  std::optional<Listener> listener_;
  std::list<View> views_;
  View* waiting_{nullptr};  // the view that the next client gets: prepared at the start, or left by
                            // gdbserver's last client
  std::list<Client> clients_;
  unsigned clients_seen_{0};
  unsigned arriving_{0};  // connected, and their view attaches to the program of the command line
  Farewell farewell_{Farewell::lost};  // of the client that left last
  base::Reactor::Watch patience_;
  int exit_code_{0};
  int ending_signal_{0};
  bool open_{false};  // clients can connect
  bool finishing_{false};
};

}  // namespace cotrace::server
