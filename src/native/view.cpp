#include "native/view.h"

#include <utility>

namespace cotrace::native {

// Of a process that is there already nothing changes.
Process& View::add_process(Pid pid, bool attached) {
  auto& slot = processes_[pid];
  if (slot) return *slot;
  slot = std::make_unique<Process>();
  slot->pid = pid;
  slot->attached = attached;
  return *slot;
}

Thread& View::add_thread(Process& process, TaskId task) {
  if (Thread* known = thread(task)) return *known;
  auto& slot = process.threads[task.tid];
  // The kernel gives an id anew as soon as it is free; the death of the former owner may be told later.
  if (slot) remove(*slot);
  auto& fresh = process.threads[task.tid];
  fresh = std::make_unique<Thread>();
  fresh->task = task;
  fresh->ref = {process.pid, task.tid};
  fresh->process = &process;
  by_serial_[task.serial] = fresh.get();
  running_.push_back(fresh.get());
  fresh->running_at_ = std::prev(running_.end());
  ++process.running;
  return *fresh;
}

void View::remove(Thread& thread) {
  Process& process = *thread.process;
  if (!thread.stopped) {
    running_.erase(thread.running_at_);
    --process.running;
  }
  by_serial_.erase(thread.task.serial);
  process.threads.erase(thread.ref.tid);
}

void View::remove(Process& process) {
  while (!process.threads.empty()) remove(*process.threads.begin()->second);
  processes_.erase(process.pid);
}

Process* View::process(Pid pid) const {
  auto at = processes_.find(pid);
  return at == processes_.end() ? nullptr : at->second.get();
}

Thread* View::thread(TaskId task) const {
  return thread_of_serial(task.serial);
}

Thread* View::thread_of_serial(std::uint64_t serial) const {
  auto at = by_serial_.find(serial);
  return at == by_serial_.end() ? nullptr : at->second;
}

Thread* View::thread(session::ThreadRef ref) const {
  const Process* owner = process(ref.pid);
  if (owner == nullptr) return nullptr;
  auto at = owner->threads.find(ref.tid);
  return at == owner->threads.end() ? nullptr : at->second.get();
}

Thread* View::any_thread(const Process& process) {
  // The leader may have exited before its threads (pthread_exit in main), and is then not in the view.
  if (process.threads.empty()) return nullptr;
  auto leader = process.threads.find(leader_of(process.pid));
  return (leader == process.threads.end() ? process.threads.begin() : leader)->second.get();
}

void View::show_stopped(Thread& thread, session::StopReason reason) {
  // Quiet ones stopped because another one did: that one is the thread that the user is looking at.
  if (!std::holds_alternative<session::stop::Quiet>(reason)) latest_ = thread.task.serial;
  thread.last = std::move(reason);
  if (thread.stopped) return;
  thread.stopped = true;
  running_.erase(thread.running_at_);
  --thread.process->running;
}

void View::show_running(Thread& thread) {
  thread.last.reset();
  if (!thread.stopped) return;
  thread.stopped = false;
  running_.push_back(&thread);
  thread.running_at_ = std::prev(running_.end());
  ++thread.process->running;
}

const Thread* View::latest() const {
  const Thread* thread = thread_of_serial(latest_);
  return thread != nullptr && thread->stopped && !hidden(*thread) ? thread : nullptr;
}

bool View::hidden(const Thread& thread) {
  return thread.unreported || thread.process->unreported_child_of || thread.process->starting ||
         thread.process->ending;
}

}  // namespace cotrace::native
