// Telling engines what happened, and folding what they answer.
#pragma once

#include <functional>

#include <cotrace/event.h>

#include "trace/world.h"

namespace cotrace::trace {

// What comes from the program asks the last engine attached first (it stands nearest the program); what goes
// to it, the first.
enum class Order : std::uint8_t { attach, reverse };

// Tells one engine, and takes its verdict. Nothing if it is not attached any more.
void tell(World& world, Task& task, Engine& engine, const Event& event);
// Tells each engine whose mask has the kind.
void tell_masked(World& world, Task& task, EventKind kind, const Event& event, Order order = Order::attach);
// A trap of this stop: an engine hears of one at most per stop. False if it had heard of one already.
bool tell_trap(World& world, Task& task, Engine& engine, const Event& event);
// The steps that engines asked for are done.
void tell_step_done(World& world, Task& task);
// Quiesced, to the engines that it is owed to, if the task stands.
void tell_quiesced(World& world, Task& task);

// The engine holds the task from now on, or does so no longer: those who want to know hear of it, once
// nothing of the core is on the stack.
void set_hold(World& world, Task& task, Attachment& attachment, bool hold);

// Whether a hit counts for its owner. No condition, or one that throws: it does, so that somebody looks.
bool condition_holds(const std::shared_ptr<Condition>& condition, TaskId id);

// Every engine attached, in attach order: safe against attaching and detaching meanwhile.
std::vector<Engine*> engines_of(const Task& task);

// What becomes of the signal that the task stands with: 0, or the signal (with `info` the siginfo it must
// have).
struct SignalOutcome {
  int signal{0};
  std::optional<SigInfo> replacement;
};
SignalOutcome fold_signal(const Task& task);

}  // namespace cotrace::trace
