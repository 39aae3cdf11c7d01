// vRun, vAttach, vKill, k, D, R, qAttached.
#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "session/handlers.h"
#include "session/starting.h"

namespace cotrace::session::handlers {

namespace {

// The children of a process that the client has not heard of, and their children: nobody but us knows that
// they stand.
void add_untold_children(Conversation& talk, Pid pid, std::vector<Pid>& out) {
  for (const StopReport& report : talk.untold) {
    const auto born = report.thread.pid == pid ? newcomer(report.reason) : std::nullopt;
    if (!born || born->tid) continue;  // a thread goes with its process
    out.push_back(*born->pid);
    add_untold_children(talk, *born->pid, out);
  }
}

std::vector<Pid> untold_children(Conversation& talk, Pid pid) {
  std::vector<Pid> out;
  add_untold_children(talk, pid, out);
  return out;
}

// gdb's detach and kill are meant for the children as well of which it has not been told
// (gdb.threads/pending-fork-event-detach.exp).
void detach_untold(Conversation& talk, Pid pid) {
  auto all = untold_children(talk, pid);
  for (const Pid child : all) talk.target.processes()->detach(child, [](const Result<>&) {});
  all.push_back(pid);
  for (const StopReport& report : talk.untold) {
    // A hit that nobody saw: the instruction under it must still be run.
    if (std::ranges::find(all, report.thread.pid) != all.end()) talk.target.withdraw(report);
  }
  all.pop_back();
  for (const Pid child : all) talk.forget(child);
}

void kill_untold(Conversation& talk, Pid pid) {
  for (const Pid child : untold_children(talk, pid)) {
    talk.target.processes()->kill(child, [](const Result<>&) {});
    talk.forget(child);
  }
}

// The process has ended, but the client has not heard of it: whatever it asks for has come true.
bool over_already(Conversation& talk, Pid pid) {
  const bool over = std::ranges::any_of(
      talk.untold, [&](const StopReport& r) { return r.thread.pid == pid && ends_process(r.reason); });
  if (over) talk.forget(pid);
  return over;
}

// Answers OK when the process is gone, whichever way.
auto when_gone(Conversation& talk, Pid pid) {
  return [later = Deferred(talk), pid](Result<> done) mutable {
    Conversation* still = later.conversation();
    if (still == nullptr) return;
    if (done) still->forget(pid);
    // The report of its end may have been on its way while it was asked for.
    const bool gone = done || over_already(*still, pid);
    later.answer(gone ? rsp::Reply{rsp::reply::Ok{}} : explained(done.error()));
  };
}

using Then = std::move_only_function<void(Conversation&, Deferred)>;

// Kills all, whether or not each kill succeeds, then goes on with `then`.
void kill_every(Conversation& talk, Then then) {
  struct Rest {
    Deferred later;
    Then then;
    std::size_t left;
  };
  const auto all = talk.target.processes()->list();
  if (all.empty()) return then(talk, Deferred(talk));
  const auto rest = std::make_shared<Rest>(Deferred(talk), std::move(then), all.size());
  for (const Pid pid : all) {
    talk.target.processes()->kill(pid, [rest, pid](const Result<>&) {
      Conversation* still = rest->later.conversation();
      if (still == nullptr) return;
      still->forget(pid);
      if (--rest->left == 0) rest->then(*still, std::move(rest->later));
    });
  }
}

}  // namespace

rsp::Reply run(Conversation& talk, const rsp::Run& command) {
  if (!may_start(talk)) return rsp::reply::Error{};
  // vRun with arguments but no program name runs the last program with these arguments: [0] is empty then.
  LaunchRequest request;
  if (!command.program.empty() || !command.arguments.empty()) {
    request.arguments.push_back(command.program);
    request.arguments.insert(request.arguments.end(), command.arguments.begin(), command.arguments.end());
  }
  talk.target.processes()->launch(request, when_launched(talk));
  return rsp::reply::Later{};
}

rsp::Reply attach(Conversation& talk, const rsp::Attach& command) {
  if (!may_start(talk)) return rsp::reply::Error{};
  // In non-stop the client stops the threads itself, one by one, and counts on a stop report of each.
  const bool hold = !talk.non_stop;
  talk.target.processes()->attach(command.pid, hold, when_attached(talk));
  return rsp::reply::Later{};
}

rsp::Reply kill(Conversation& talk, const rsp::Kill& command) {
  // SIGKILL may have come from elsewhere. gdb 13 shows an error for any answer but OK, and then believes the
  // process alive.
  kill_untold(talk, command.pid);
  if (over_already(talk, command.pid)) return rsp::reply::Ok{};
  talk.target.processes()->kill(command.pid, when_gone(talk, command.pid));
  return rsp::reply::Later{};
}

rsp::Reply kill_all(Conversation& talk, const rsp::KillAll&) {
  // Nothing is answered in either case; gdb 13 closes the connection at once in remote mode.
  if (talk.target.processes() == nullptr) {
    talk.finish();
    return rsp::reply::Later{};
  }
  kill_every(talk, [](Conversation& still, Deferred later) {
    if (!still.extended) still.finish();
    later.answer(rsp::reply::Later{});
  });
  return rsp::reply::Later{};
}

rsp::Reply detach(Conversation& talk, const rsp::Detach& command) {
  if (talk.target.processes() == nullptr) {
    // The target has no processes to let go: it just runs on.
    const ThreadAction all{{}, act::Continue{}};
    talk.target.resume(std::span(&all, 1));
    return rsp::reply::Ok{};
  }
  const auto selected = talk.current_process();
  if (!command.pid && !selected) return rsp::reply::Error{};
  const Pid pid = command.pid ? *command.pid : selected->pid;
  detach_untold(talk, pid);
  if (over_already(talk, pid)) return rsp::reply::Ok{};
  talk.target.processes()->detach(pid, when_gone(talk, pid));
  return rsp::reply::Later{};
}

rsp::Reply restart(Conversation& talk, const rsp::Restart&) {
  kill_every(talk, [](Conversation& still, Deferred later) {
    still.target.processes()->launch({}, [later = std::move(later)](Result<ThreadRef> thread) mutable {
      Conversation* talk_again = later.conversation();
      if (talk_again == nullptr) return;
      if (thread) {
        talk_again->told.tell(first_stop(*thread));
        talk_again->general = *thread;
      }
      // R has no reply, be the program there or not; gdb finds out with its next packet.
      later.answer(rsp::reply::Later{});
    });
  });
  return rsp::reply::Later{};
}

rsp::Reply attached(Conversation& talk, const rsp::Attached& command) {
  const auto selected = talk.current_process();
  if (!command.pid && !selected) return rsp::reply::Error{};
  const Pid pid = command.pid ? *command.pid : selected->pid;
  const auto all = talk.target.processes()->list();
  if (std::ranges::find(all, pid) == all.end()) return rsp::reply::Error{};
  return rsp::reply::Payload{talk.target.processes()->was_attached(pid) ? "1" : "0"};
}

}  // namespace cotrace::session::handlers
