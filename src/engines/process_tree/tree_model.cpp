#include "engines/process_tree/tree_model.h"

#include <algorithm>

namespace cotrace::engines {

const TreeProcess& TreeModel::begin(Pid pid, Origin origin, std::optional<Creator> creator, TreeTime now,
                                    ProgramImage image) {
  const ProcessNumber number{++last_};
  TreeProcess& process = processes_[number];
  process.number = number;
  process.pid = pid;
  process.origin = origin;
  process.began = now;
  process.images.push_back(std::move(image));
  living_[pid] = number;
  if (!creator) return process;
  process.creator = creator->process;
  process.creator_thread = creator->thread;
  const auto parent = processes_.find(creator->process);
  if (parent != processes_.end()) {
    process.creator_pid = parent->second.pid;
    parent->second.children.push_back(number);
  }
  return process;
}

const TreeThread* TreeModel::begin_thread(ProcessNumber number, TaskId task, TreeTime now) {
  TreeProcess& process = processes_.at(number);
  const auto [at, is_new] = process.threads.try_emplace(task.serial, TreeThread{task.tid, now});
  process.most_threads = std::max(process.most_threads, process.threads.size());
  return is_new ? &at->second : nullptr;
}

void TreeModel::end_thread(ProcessNumber number, TaskId task) {
  processes_.at(number).threads.erase(task.serial);
}

void TreeModel::exec(ProcessNumber number, TaskId task, ProgramImage image) {
  TreeProcess& process = processes_.at(number);
  process.threads.clear();
  process.threads[task.serial] = {Tid{process.pid.value}, image.began};
  process.images.push_back(std::move(image));
}

void TreeModel::end(ProcessNumber number, TreeTime now, const ExitStatus& status,
                    const std::optional<TreeUsage>& usage) {
  TreeProcess& process = processes_.at(number);
  process.ended = now;
  process.status = status;
  process.usage = usage;
  process.threads.clear();
  const auto alive = living_.find(process.pid);
  if (alive != living_.end() && alive->second == number) living_.erase(alive);
}

void TreeModel::forget(ProcessNumber number) {
  // Up the line of ancestors: each may have been waiting for its last descendant.
  std::optional<ProcessNumber> next = number;
  while (next) {
    const auto at = processes_.find(*next);
    if (at == processes_.end() || !at->second.ended || !at->second.children.empty()) return;
    const auto child = *next;
    next = at->second.creator;
    processes_.erase(at);
    const auto parent = next ? processes_.find(*next) : processes_.end();
    if (parent != processes_.end()) std::erase(parent->second.children, child);
  }
}

const TreeProcess* TreeModel::living(Pid pid) const {
  const auto at = living_.find(pid);
  return at == living_.end() ? nullptr : &processes_.at(at->second);
}

std::vector<ProcessNumber> TreeModel::roots() const {
  std::vector<ProcessNumber> out;
  for (const auto& [number, process] : processes_) {
    if (!process.creator || !processes_.contains(*process.creator)) out.push_back(number);
  }
  return out;
}

}  // namespace cotrace::engines
