// Getting a task past a site whose hit has been told, without letting other threads past it unseen.
//
// In order of preference: the instruction is emulated (nothing runs), a relocated copy of it is stepped in
// the scratch slot (a system call: on the vdso's own `syscall`), or it is stepped in place while every other
// task of the address space stands.
#pragma once

#include <cstddef>
#include <span>

#include <cotrace/event.h>

#include "trace/world.h"

namespace cotrace::trace {

enum class Pass : std::uint8_t {
  emulated,  // done; the task still stands, its registers are changed
  started,   // it runs: the end comes as a stop
  waiting,   // for the slot, or for the others to stand: it will be resumed again
  gone,
};

// The task stands with pc at a planted site whose hit has been reported.
Pass begin_passage(World& world, Task& task);

// The task carries out this instruction as if it stood at its pc (Control::instruction), by the same means.
Pass carry_out(World& world, Task& task, std::span<const std::byte> code);

// The task that was to step in place runs in another way instead; those that were made to stand for it go on.
void give_up_exclusive(World& world, Task& task);

// A stop of any kind has come while the task was on its way past: puts pc, registers and memory right, and
// ends the passage. True if the instruction has been carried out.
bool end_passage(World& world, Task& task);

// The step was one iteration of a repeated string instruction, and there are more: goes on where nobody wants
// to see each of them. False otherwise.
bool repeat_passage(World& world, Task& task);

// A signal has arrived before the instruction was carried out. True if it was put aside and the task is on
// its way again; false if it is the instruction's own fault (or nothing can be put aside): then the passage
// has been ended.
bool defer_signal(World& world, Task& task, const SigInfo& info);

// Whether all others stand now for a task that waits to step in place; then it is started.
void continue_exclusive(World& world, AddressSpace& space);

}  // namespace cotrace::trace
