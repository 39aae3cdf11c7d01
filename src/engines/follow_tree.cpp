#include "engines/follow_tree.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/overloaded.h"
#include "trace/core.h"

namespace cotrace::engines {

using base::Overloaded;

namespace {

Verdict hold() {
  return {.action = ResumeAction::stop};
}

}  // namespace

FollowTree::~FollowTree() {
  core_.detach_everything(*this);
}

// Signals stop a task for whoever asks for them, so only the crash gate does.
EventMask FollowTree::events() const {
  EventMask mask{EventKind::clone, EventKind::exec, EventKind::death};
  if (gates_.crash) mask = mask.with(EventKind::signal);
  return mask;
}

void FollowTree::set_gates(Gates gates) {
  const bool crash_changed = gates.crash != gates_.crash;
  gates_ = std::move(gates);
  if (!crash_changed) return;
  for (const auto& [pid, member] : processes_) {
    for (const TaskId task : core_.tasks_of(pid)) (void)core_.set_events(task, *this, events());
  }
}

Result<> FollowTree::follow(Pid process, bool at_start) {
  if (follows(process)) return {};
  const auto tasks = core_.attach(process, *this, {.events = events()});
  if (!tasks) return std::unexpected(tasks.error());
  Member& member = processes_[process];
  if (at_start && at_first_instruction(process, member)) {
    for (const TaskId task : *tasks)
      (void)core_.control(task, *this, {.action = ResumeAction::stop, .signal = {}});
  }
  return {};
}

void FollowTree::leave(Pid process) {
  if (processes_.erase(process) == 0) return;
  (void)core_.detach(process, *this);
}

void FollowTree::leave_all() {
  processes_.clear();
  core_.detach_everything(*this);
}

bool FollowTree::ignores(Pid process) const {
  ProgramOf program(leader_of(process));
  return std::ranges::any_of(gates_.ignore,
                             [&program](const auto& pattern) { return pattern.matches(program); });
}

void FollowTree::taken(Pid process) {
  const auto at = processes_.find(process);
  if (at != processes_.end() && at->second.gate) open_gate(process, at->second);
}

std::optional<Pid> FollowTree::first_held() const {
  std::optional<Pid> first;
  std::uint64_t turn = 0;
  for (const auto& [pid, member] : processes_) {
    if (!member.gate || (first && member.turn > turn)) continue;
    first = pid;
    turn = member.turn;
  }
  return first;
}

const AtGate* FollowTree::gate_of(Pid process) const {
  const auto at = processes_.find(process);
  return at != processes_.end() && at->second.gate ? &*at->second.gate : nullptr;
}

std::vector<std::string> FollowTree::unmatched() const {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < gates_.hold.size(); ++at) {
    if (at >= matched_.size() || !matched_[at]) out.push_back(gates_.hold[at].text());
  }
  return out;
}

std::string FollowTree::describe() const {
  std::string text;
  for (const auto& [pid, member] : processes_) {
    ProgramOf program(leader_of(pid));
    text += fmt::format("{:>8}{} {}\n", pid.value, member.gate ? " held" : "", program.command_line());
  }
  return text;
}

Verdict FollowTree::on_event(TaskId task, const Event& event) {
  return std::visit(Overloaded{
                        [&](const event::Cloned& what) { return cloned(what); },
                        [&](const event::Execed&) { return at_exec(task); },
                        [&](const event::Signal& what) { return signalled(task, what); },
                        [&](const event::Died& what) { return died(task, what); },
                        [&](const event::Quiesced&) { return at_gate(task) ? hold() : Verdict{}; },
                        // A thread made while its process came to a gate.
                        [&](const event::Born&) { return at_gate(task) ? hold() : Verdict{}; },
                        [](const auto&) { return Verdict{}; },
                    },
                    event);
}

bool FollowTree::at_gate(TaskId task) const {
  const auto process = core_.process_of(task);
  const auto at = process ? processes_.find(*process) : processes_.end();
  return at != processes_.end() && at->second.gate;
}

Verdict FollowTree::cloned(const event::Cloned& event) {
  // Threads come with the attachment of their creator.
  if (event.kind == CloneKind::thread) return {};
  if (core_.attach(event.child, *this, {.events = events()})) processes_.try_emplace(event.child_process);
  return {};
}

Verdict FollowTree::at_exec(TaskId task) {
  const auto process = core_.process_of(task);
  const auto at = process ? processes_.find(*process) : processes_.end();
  if (at == processes_.end()) return {};
  if (ignores(*process)) {
    processes_.erase(at);
    listener_.ignored(*process);
    return {.action = ResumeAction::detach};
  }
  return at_first_instruction(*process, at->second) ? hold() : Verdict{};
}

bool FollowTree::at_first_instruction(Pid process, Member& member) {
  if (gates_.hold.empty() || member.gate) return false;
  matched_.resize(gates_.hold.size());
  ProgramOf program(leader_of(process));
  std::optional<std::size_t> first;
  for (std::size_t at = 0; at < gates_.hold.size(); ++at) {
    if (!gates_.hold[at].matches(program)) continue;
    matched_[at] = true;
    if (!first) first = at;
  }
  if (!first) return false;
  close_gate(member, {process, gates_.hold[*first].text(), 0, program.command_line()});
  return true;
}

// About to be delivered: the process is at its death unless it handles or ignores the signal, or somebody
// takes the signal away meanwhile, which whoever is attached by then may.
Verdict FollowTree::signalled(TaskId task, const event::Signal& event) {
  const auto disposition = core_.disposition(task, event.info.si_signo);
  const bool crash = disposition && *disposition == SignalDisposition::core;
  const auto process = core_.process_of(task);
  const auto at = gates_.crash && crash && process ? processes_.find(*process) : processes_.end();
  if (at == processes_.end() || at->second.gate) return {};
  ProgramOf program(leader_of(*process));
  close_gate(at->second, {*process, "", event.info.si_signo, program.command_line()});
  for (const TaskId other : core_.tasks_of(*process)) {
    if (other != task) (void)core_.control(other, *this, {.action = ResumeAction::stop, .signal = {}});
  }
  return hold();
}

Verdict FollowTree::died(TaskId task, const event::Died& event) {
  const auto process = core_.process_of(task);
  if (!event.process_ended || !process || processes_.erase(*process) == 0) return {};
  listener_.ended(*process, event.status);
  return {};
}

void FollowTree::close_gate(Member& member, AtGate gate) {
  member.turn = ++turns_;
  if (gates_.patience.count() > 0) {
    member.patience =
        reactor_.at(base::Reactor::Clock::now() + gates_.patience, [this, process = gate.process] {
          const auto at = processes_.find(process);
          if (at == processes_.end() || !at->second.gate) return;
          open_gate(process, at->second);
          listener_.patience_ended(process);
        });
  }
  member.gate = std::move(gate);
  listener_.held(*member.gate);
}

void FollowTree::open_gate(Pid process, Member& member) {
  member.gate.reset();
  member.patience.reset();
  for (const TaskId task : core_.tasks_of(process)) (void)core_.control(task, *this, {});
}

}  // namespace cotrace::engines
