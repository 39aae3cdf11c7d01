// What one session knows, and what its packet handlers may use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cotrace/ids.h>

#include "rsp/reply.h"
#include "rsp/signals.h"
#include "rsp/thread_id.h"
#include "session/session.h"
#include "session/stop_mode.h"
#include "session/stop_queue.h"
#include "session/target.h"
#include "session/wire.h"
#include "session/xfer_snapshots.h"

namespace cotrace::session {

// What the client has said that it takes, and that the target can do.
struct Features {
  bool multiprocess{false};
  bool swbreak{false};
  bool hwbreak{false};
  bool fork_events{false}, vfork_events{false}, exec_events{false};
  bool no_resumed{false};
  bool lldb{false};           // speaks lldb's dialect
  bool list_threads{false};   // in stop replies
  bool error_strings{false};  // lldb's

  // A signal's number on the wire: gdb's own; but lldb takes that of a server with QThreadSuffixSupported for
  // the system's (19.1.7: GDBRemoteCommunicationClient asks whether signals are native, and is told yes
  // then).
  [[nodiscard]] rsp::GdbSignal signal_out(int linux) const {
    return lldb ? rsp::GdbSignal{linux} : rsp::signal_from_linux(linux);
  }
  // Nothing: a signal that Linux has not.
  [[nodiscard]] std::optional<int> signal_in(rsp::GdbSignal signal) const {
    constexpr int last = 64;
    if (!lldb) return rsp::signal_to_linux(signal);
    return signal.value <= last ? std::optional(signal.value) : std::nullopt;
  }
};

// Registers that the client has put aside, by a number that it gives back. One that is never asked for again
// is forgotten after a while.
class SavedRegisters {
 public:
  std::uint32_t keep(ThreadRef thread, std::vector<std::byte> block);
  // Nothing: not there (any more), or another thread's.
  std::optional<std::vector<std::byte>> take(std::uint32_t number, ThreadRef thread);

 private:
  struct Saved {
    ThreadRef thread;
    std::vector<std::byte> block;
  };
  std::map<std::uint32_t, Saved> saved_;
  std::uint32_t last_{0};
};

// Processes that qfProcessInfo and qsProcessInfo have still to look at, and which of them are wanted.
struct ProcessListing {
  std::vector<Pid> left;
  std::function<bool(const HostPlatform::ProcessFacts&)> wanted;
};

class Conversation;

// The right to give the answer to the packet in hand later. While one is out no other packet of the client is
// looked at, so that answers stay in order. If it goes away unused (the target dropped the callback), the
// answer is an error.
class Deferred {
 public:
  explicit Deferred(Conversation& talk);
  Deferred(Deferred&&) noexcept = default;
  Deferred& operator=(Deferred&&) = delete;
  ~Deferred();

  // nullptr once the session is gone.
  [[nodiscard]] Conversation* conversation() const;
  // Once. Later: nothing is sent, the conversation just goes on.
  void answer(const rsp::Reply& reply);

 private:
  std::shared_ptr<Conversation*> talk_;
};

class Conversation {
 public:
  Conversation(Target& target, Transport& transport, SessionOwner& owner, SessionOptions options);
  ~Conversation();
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  // --- shared by the handlers ---
  Target& target;
  const SessionOptions options;
  Features features;
  bool extended{false};
  bool non_stop{false};
  std::optional<ThreadRef> general;    // Hg, or the thread of the last stop reply in all-stop
  std::optional<ThreadRef> to_resume;  // Hc; nothing: no thread in particular
  StopQueue untold;
  ToldStops told;
  XferSnapshots snapshots;
  std::size_t register_bytes{0};      // of the last `g` that was answered
  std::optional<ThreadRef> in_vfork;  // lldb has been told of its vfork, and not of the end of it
  std::vector<ThreadRef> listing;     // qfThreadInfo, and what is left of it for qsThreadInfo
  ProcessListing processes;           // the same for qfProcessInfo
  SavedRegisters saved;
  std::string launch_failure;  // of the last A; empty: none
  bool kill_when_lost{false};
  std::unique_ptr<StopMode> mode;
  Wire wire;

  // The thread that the packet in hand is about. Only in handlers whose table row needs a process or a
  // thread.
  [[nodiscard]] ThreadRef subject() const { return subject_; }
  // The selected thread if it lives; if none was ever selected, the first one there is.
  std::optional<ThreadRef> current_thread();
  // The same, but if the selected thread has died another one of its process: memory and files outlive a
  // thread.
  std::optional<ThreadRef> current_process();
  // All that the client may know of.
  std::vector<ThreadRef> visible_threads();
  // The end of a process is on its way (Processes::any_dying()).
  [[nodiscard]] bool any_dying() const;
  // The process has ended while everything stood, and the client does not know: all-stop tells one thing at a
  // time.
  bool ended_untold(Pid pid);
  // One living thread that an id of the client names; of several the first.
  std::optional<ThreadRef> find_thread(const rsp::ThreadId& id);

  // The stop reply, and from now on the client knows of it.
  rsp::Reply tell(const StopReport& report);
  void notify_stop(const StopReport& report);
  // Console output: at once if the client waits for a stop, else kept until it does.
  void console(std::string_view text);
  void send(const rsp::Reply& reply);
  // Killed or detached: its stops, selections and the rest are forgotten.
  void forget(Pid pid);
  // No thread of this process is selected any more.
  void deselect(Pid pid);
  // No packet is served any more; the owner is told when this turn is over.
  void finish() { finished_ = true; }

  // Runs `work` and then what is left to do: further packets, sending, telling the owner. Everything that
  // comes from outside runs in a turn. The last one may destroy the conversation.
  template <class Work>
  void turn(Work&& work) {
    ++depth_;
    work();
    if (depth_ == 1) pump();
    if (--depth_ == 0) end_turn();
  }

 private:
  friend class Deferred;
  void pump();
  void end_turn();
  void handle(const rsp::Incoming& incoming);
  rsp::Reply dispatch(std::string_view payload);
  [[nodiscard]] rsp::Reply of_the_dead(std::string_view name) const;

  SessionOwner& owner_;
  ThreadRef subject_;
  std::string console_;  // not sent yet
  int depth_{0};
  int deferred_{0};
  bool finished_{false};  // nothing more is served
  bool owner_told_{false};
  // Cleared when the conversation ends, so that callbacks of the target that come later do nothing.
  std::shared_ptr<Conversation*> self_;
};

// Why a request of the client failed, as far as a number can tell.
rsp::Reply failed(const Error& error);
// The same in words. gdb 13 shows them for G, P and QSetWorkingDir, newer ones for vRun and vAttach too.
rsp::Reply explained(const Error& error);

}  // namespace cotrace::session
