#include "native/event_mapping.h"

#include <algorithm>
#include <utility>

#include "linux/proc.h"

namespace cotrace::native {

namespace stop = session::stop;

namespace {

Verdict stay() {
  return {.action = ResumeAction::stop};
}

bool caught(const Process& process, std::uint64_t number) {
  return process.catching && (process.catching->empty() ||
                              std::ranges::find(*process.catching, number) != process.catching->end());
}

}  // namespace

EventMask events_for(const Process& process) {
  EventMask mask{EventKind::signal, EventKind::clone,   EventKind::vfork_done,
                 EventKind::exec,   EventKind::exiting, EventKind::death};
  if (process.catching) mask = mask.with(EventKind::syscall_entry).with(EventKind::syscall_exit);
  return mask;
}

Verdict EventMapping::on(TaskId task, const Event& event) {
  if (Thread* thread = known(task, event)) {
    return std::visit([&](const auto& what) { return map(*thread, what); }, event);
  }
  if (const auto* died = std::get_if<event::Died>(&event); died != nullptr && died->process_ended) {
    // Of a leader that was taken out when it exited before its threads.
    const auto pid = client_.core.process_of(task);
    if (Process* process = pid ? client_.view.process(*pid) : nullptr)
      process_gone(*process, task, died->status);
  }
  return {};
}

// The thread in the view; one that the client has not met yet is added.
Thread* EventMapping::known(TaskId task, const Event& event) {
  if (Thread* thread = client_.view.thread(task)) return thread;
  const bool of_the_dead = std::holds_alternative<event::Died>(event) ||
                           std::holds_alternative<event::Reaped>(event) ||
                           std::holds_alternative<event::Exiting>(event);
  if (of_the_dead) return nullptr;
  const auto pid = client_.core.process_of(task);
  Process* process = pid ? client_.view.process(*pid) : nullptr;
  return process == nullptr ? nullptr : &client_.view.add_thread(*process, task);
}

Verdict EventMapping::report(Thread& thread, session::StopReason reason) {
  if (thread.process->ending || thread.process->starting) return go_on(thread);
  const bool joining = thread.joining;
  reports_.post(thread, std::move(reason));
  if (joining) lifecycle_.joined(thread);
  return stay();
}

Verdict EventMapping::go_on(Thread& thread) {
  if (thread.process->ending || thread.process->starting) return {};
  // It runs again only by the client's own resume, whatever happens to the task meanwhile.
  if (thread.stopped || thread.pending) return stay();
  // This stop will do for one that was asked for and has not come.
  if (thread.joining || thread.stop_asked()) {
    quiesced(thread);
    return stay();
  }
  return on_with_wish(thread);
}

Verdict EventMapping::on_with_wish(const Thread& thread) {
  return {.action = thread.wish.kind == Wish::Kind::run ? ResumeAction::resume : ResumeAction::single_step};
}

// The thread is in the middle of a system call, whose result it will only get when it goes on; what its
// registers say now (rax: -ENOSYS) is no state to stop it in for the client: gdb saves and restores registers
// around its calls of functions, and a clone that "failed" is done once more by the C library. So it leaves
// the call first, and stops then.
Verdict EventMapping::leave_call(Thread& thread) {
  const bool stops = thread.joining || thread.stop_asked();
  const bool free =
      !thread.process->ending && !thread.process->starting && !thread.stopped && !thread.pending;
  if (!stops || !free) return go_on(thread);
  thread.leaving_call = client_.core.generation(thread.task);
  client_.later([this, serial = thread.task.serial] {
    Thread* still = client_.view.thread_of_serial(serial);
    if (still == nullptr) return;
    still->leaving_call.reset();
    if (!still->joining && !still->stop_asked()) return;
    if (!client_.core.control(still->task, client_.engine, {.action = ResumeAction::stop, .signal = {}})) {
      quiesced(*still);
    }
  });
  return on_with_wish(thread);
}

// The thread stands, as was asked for.
void EventMapping::quiesced(Thread& thread) {
  if (thread.joining) {
    lifecycle_.joined(thread);
  } else if (thread.interrupting) {
    reports_.post(thread, stop::Interrupted{});
  } else if (thread.halting) {
    thread.quieting = false;
    reports_.halted(thread);
  } else if (thread.quieting) {
    reports_.post(thread, stop::Quiet{});
  }
}

Verdict EventMapping::map(Thread& thread, const event::Quiesced&) {
  // Asked for before the call was seen, and told at the same stop.
  if (thread.leaving_call == client_.core.generation(thread.task)) return on_with_wish(thread);
  return go_on(thread);
}

Verdict EventMapping::map(Thread& thread, const event::Signal& event) {
  // A step is to end at the first thing that happens: gdbserver passes no signal silently then, and gdb
  // empties its list for steps.
  const bool unwanted =
      thread.wish.kind == Wish::Kind::run && client_.wants.pass.contains(event.info.si_signo);
  const bool pass = thread.process->starting || thread.process->ending ||
                    (unwanted && !fault_at_breakpoint(thread, event.info));
  if (pass) {
    Verdict verdict = go_on(thread);
    verdict.signal = SignalVerdict::keep();
    return verdict;
  }
  thread.signal = event.info;
  if (own_breakpoint(thread, event.info)) return report(thread, stop::SoftwareBreak{});
  thread.signal_unseen = true;
  return report(thread, stop::Signal{event.info.si_signo});
}

// A breakpoint that could not be executed where it was set, as on a stack without execute permission: gdb's
// calls of functions return there, whatever it wants to hear of SIGSEGV
// (gdb.base/catch-gdb-caused-signals.exp).
bool EventMapping::fault_at_breakpoint(Thread& thread, const SigInfo& info) {
  if ((info.si_signo != SIGSEGV && info.si_signo != SIGILL) || info.si_code <= 0) return false;
  const auto pc = client_.registers.pc(thread.task);
  return pc && points_.table(*thread.process).breakpoint_at(*pc, false);
}

// An int3 of the program's own. A client with swbreak+ wants it told as a breakpoint with pc at the
// instruction, whoever wrote it, and puts pc behind it again if it is none of its own (gdb 13,
// gdb.base/bp-permanent.exp).
bool EventMapping::own_breakpoint(Thread& thread, const SigInfo& info) {
  if (info.si_signo != SIGTRAP || info.si_code != SI_KERNEL || !client_.wants.events.swbreak) return false;
  const auto pc = client_.registers.pc(thread.task);
  if (!pc) return false;
  std::byte before{};
  const Addr address = *pc - 1;
  const auto got = client_.core.read_memory(thread.task, address, {&before, 1});
  // `int $3` of two bytes stays a signal.
  if (!got || before != arch::native::breakpoint_instruction) return false;
  if (!client_.registers.set_pc(thread.task, address)) return false;
  thread.hit = Hit{address, false, false, true};
  return true;
}

Verdict EventMapping::map(Thread& thread, const event::SyscallEntry& event) {
  return caught(*thread.process, event.number) ? report(thread, stop::SyscallEntry{event.number})
                                               : leave_call(thread);
}

Verdict EventMapping::map(Thread& thread, const event::SyscallExit& event) {
  return caught(*thread.process, event.number) ? report(thread, stop::SyscallReturn{event.number})
                                               : go_on(thread);
}

Verdict EventMapping::map(Thread& thread, const event::Cloned& event) {
  if (thread.process->ending || thread.process->starting) return go_on(thread);
  return event.kind == CloneKind::thread ? cloned_thread(thread, event) : cloned_process(thread, event);
}

Verdict EventMapping::cloned_thread(Thread& creator, const event::Cloned& event) {
  constexpr unsigned report_clones = 1;                                   // QThreadOptions
  if (!client_.core.process_of(event.child)) return leave_call(creator);  // killed before it ever ran
  Thread& born = client_.view.add_thread(*creator.process, event.child);
  born.options = creator.options;
  if ((creator.options & report_clones) == 0) {
    // gdb 13 attaches in non-stop with vCont;t of the whole process, and takes who comes later for running
    // (attaching.attach_in_a_thread_storm).
    born.quieting = born.quieting_all = creator.quieting && creator.quieting_all && !born.stopped;
    return leave_call(creator);
  }
  born.unreported = true;
  client_.view.show_stopped(born, stop::Quiet{});
  return report(creator, stop::Clone{born.ref});
}

Verdict EventMapping::cloned_process(Thread& creator, const event::Cloned& event) {
  const bool vfork = event.kind == CloneKind::vfork;
  // The protocol knows no clone(CLONE_VM) without vfork; it is told as a fork.
  if (vfork ? !client_.wants.events.vfork : !client_.wants.events.fork) return leave_call(creator);
  Process& parent = *creator.process;
  Process fresh{};
  if (!client_.core.attach(event.child, client_.engine, {.events = events_for(fresh), .hold = true})) {
    return leave_call(creator);
  }
  Process& child = client_.view.add_process(event.child_process, parent.attached);
  child.unreported_child_of = parent.pid;
  if (event.kind == CloneKind::fork) {
    child.points = points_.table_for_fork(parent, event.child);
  } else if (vfork) {
    child.new_vfork_child = true;
    (void)points_.table(parent);
    child.points = parent.points;
  } else {
    child.points = points_.table_for_clone(parent);
  }
  Thread& thread = client_.view.add_thread(child, event.child);
  client_.view.show_stopped(thread, stop::Quiet{});
  return report(creator, vfork ? session::StopReason{stop::Vfork{thread.ref}} : stop::Fork{thread.ref});
}

Verdict EventMapping::map(Thread& thread, const event::Born& event) {
  thread.generation = client_.core.generation(thread.task);
  if (thread.stopped) return stay();  // of a fork or clone that is being told
  if (event.kind == CloneKind::thread && client_.wants.thread_events)
    return report(thread, stop::ThreadCreated{});
  if (reports_.halt_asked() || thread.process->held) {
    client_.view.show_stopped(thread, stop::Quiet{});
    return stay();
  }
  return go_on(thread);
}

Verdict EventMapping::map(Thread& thread, const event::VforkDone&) {
  // The task has passed from its vfork stop to this one without running; what the client knows of its
  // registers is still right.
  if (thread.stopped) thread.generation = client_.core.generation(thread.task);
  return client_.wants.events.vfork ? report(thread, stop::VforkDone{}) : go_on(thread);
}

Verdict EventMapping::map(Thread& executing, const event::Execed&) {
  Process& process = *executing.process;
  const auto task = client_.core.find(leader_of(process.pid));
  if (!task) return stay();
  // All other threads are gone without a word; the one that called exec goes on under the leader's id.
  const Wish wish = executing.wish;
  const bool halting = executing.halting, quieting = executing.quieting,
             interrupting = executing.interrupting;
  const bool joining = executing.joining;
  const unsigned options = executing.options;
  std::vector<Thread*> all;
  for (const auto& [tid, thread] : process.threads) {
    if (thread.get() != &executing) all.push_back(thread.get());
  }
  for (Thread* other : all) lifecycle_.drop(*other);
  executing.joining = false;  // it is not done with: the count stays
  lifecycle_.drop(executing);
  Thread& thread = client_.view.add_thread(process, *task);
  thread.wish = wish;
  thread.options = options;
  thread.quieting = quieting;
  thread.interrupting = interrupting;
  thread.joining = joining;
  if (halting) reports_.halting(thread);
  process.points = nullptr;
  process.thread_db.reset();
  process.scratch.reset();

  if (process.starting && lifecycle_.exec_while_starting(thread)) return stay();
  if (client_.options.observer != nullptr && client_.options.observer->ignored(process.pid))
    return disown(process);
  if (!client_.wants.events.exec) return go_on(thread);
  return report(thread, stop::Exec{sys::executable_of(thread.ref.tid).value_or("")});
}

// Of a leader whose process has other threads. It stays as a zombie that nothing can be done with, so the
// client is not to see it. Standing or not in the client's eyes, it goes on into its end: a client that has
// resumed another thread waits for the end of the process (lifecycle.killed_by_somebody_else).
Verdict EventMapping::map(Thread& thread, const event::Exiting&) {
  Process& process = *thread.process;
  const bool alone = process.threads.size() == 1 || thread.ref.tid != leader_of(process.pid);
  if (alone || process.starting) return {};
  const bool ran = !thread.stopped && !thread.pending;
  const Pid pid = process.pid;
  lifecycle_.drop(thread);
  if (ran) consider_no_resumed(pid);
  return {};
}

Verdict EventMapping::map(Thread& thread, const event::Died& event) {
  if (event.process_ended) {
    process_gone(*thread.process, thread.task, event.status);
  } else {
    thread_gone(thread, event.status);
  }
  return {};
}

void EventMapping::thread_gone(Thread& thread, const ExitStatus& status) {
  constexpr unsigned report_exits = 2;  // QThreadOptions
  const bool quiet = thread.process->ending || thread.process->starting || View::hidden(thread);
  const bool ran = !thread.stopped && !thread.pending;
  const bool wanted = client_.wants.thread_events || (thread.options & report_exits) != 0;
  const session::ThreadRef ref = thread.ref;
  lifecycle_.drop(thread);
  if (quiet || !ran) return;
  if (wanted) reports_.post(session::StopReport{ref, stop::ThreadExited{status.code}});
  consider_no_resumed(ref.pid);
}

void EventMapping::process_gone(Process& process, TaskId last, const ExitStatus& status) {
  const Pid pid = process.pid;
  if (lifecycle_.ended(process, last, status)) return;
  if (client_.options.observer != nullptr) client_.options.observer->ended(pid, status);
  const session::ThreadRef ref{pid, leader_of(pid)};
  if (status.signalled) {
    reports_.post(session::StopReport{ref, stop::Killed{status.code, others_live()}});
  } else {
    reports_.post(session::StopReport{ref, stop::Exited{status.code, others_live()}});
  }
}

// The protocol cannot say "this one is no longer yours"; that it has exited is the nearest that it can.
Verdict EventMapping::disown(Process& process) {
  const Pid pid = process.pid;
  lifecycle_.disown(process);
  reports_.post(session::StopReport{{pid, leader_of(pid)}, stop::Exited{0, others_live()}});
  return {};
}

bool EventMapping::others_live() const {
  return std::ranges::any_of(client_.view.processes(),
                             [](const auto& entry) { return !entry.second->ending; });
}

// The client waits for threads of which the last one has just gone.
void EventMapping::consider_no_resumed(Pid pid) {
  if (!client_.wants.events.no_resumed || reports_.halt_asked()) return;
  client_.later([this, pid] {
    const Process* process = client_.view.process(pid);
    if (process == nullptr || process->threads.empty() || !client_.view.running().empty()) return;
    if (lifecycle_.dying(*process) || reports_.halt_asked()) return;
    reports_.post(session::StopReport{{}, stop::NoResumed{}});
  });
}

Verdict EventMapping::map(Thread&, const event::Reaped&) {
  return {};
}

Verdict EventMapping::map(Thread& thread, const event::JobControl&) {
  return go_on(thread);
}

Verdict EventMapping::map(Thread&, const event::HoldChanged&) {
  return {};  // a notice
}

Verdict EventMapping::map(Thread& thread, const event::StepDone&) {
  // A range (vCont;r) is stepped here, without a packet for each instruction.
  if (thread.stopped || thread.pending || thread.wish.kind == Wish::Kind::run) return go_on(thread);
  if (thread.wish.kind == Wish::Kind::range) {
    const auto pc = client_.registers.pc(thread.task);
    if (pc && thread.wish.start <= *pc && *pc < thread.wish.end) return go_on(thread);
  }
  return report(thread, stop::Step{});
}

Verdict EventMapping::map(Thread& thread, const event::BreakpointHit& event) {
  if (thread.stopped || thread.pending) return stay();
  // Another process on the same memory has it there, this one not (any more).
  if (!points_.table(*thread.process).breakpoint_at(event.address, event.hardware)) return go_on(thread);
  thread.hit = Hit{event.address, event.hardware, false, false};
  if (event.hardware) return report(thread, stop::HardwareBreak{});
  if (!client_.wants.events.swbreak && !client_.wants.events.pc_at_break) {
    // Such a client expects what the processor does, and takes one off itself.
    thread.hit->pc_moved = client_.registers.set_pc(thread.task, event.address + 1).has_value();
  }
  return report(thread, stop::SoftwareBreak{});
}

Verdict EventMapping::map(Thread& thread, const event::WatchpointHit& event) {
  const PointKey* point = points_.table(*thread.process).find(event.point);
  const bool write = point == nullptr || point->type == session::PointType::write_watch;
  return report(
      thread, stop::Watch{write ? session::stop::Access::write : session::stop::Access::any, event.address});
}

}  // namespace cotrace::native
