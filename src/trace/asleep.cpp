#include "trace/asleep.h"

#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <limits>
#include <sched.h>
#include <utility>
#include <vector>

#include "linux/clone_flags.h"
#include "linux/proc.h"
#include "trace/settle.h"

namespace cotrace::trace {

namespace native = arch::native;

namespace {

// A task that runs, or sleeps where it can be woken, has stopped by then on any but a crowded machine; on
// that one it is looked at for nothing.
constexpr auto time_to_stop = std::chrono::milliseconds(10);

constexpr std::uint64_t user_code_64 = 0x33, user_stack = 0x2b;  // the kernel's selectors

// As they are at a vfork event, as far as /proc knows.
native::GeneralRegs guess(const sys::BlockedCall& call) {
  native::GeneralRegs regs{};
  regs.orig_rax = call.number;
  regs.rax = static_cast<std::uint64_t>(-ENOSYS);
  regs.rdi = call.args[0];
  regs.rsi = call.args[1];
  regs.rdx = call.args[2];
  regs.r10 = call.args[3];
  regs.r8 = call.args[4];
  regs.r9 = call.args[5];
  regs.rip = regs.rcx = call.pc;
  regs.rsp = call.stack_pointer;
  regs.cs = user_code_64;
  regs.ss = user_stack;
  return regs;
}

// Nothing where it does not sleep in vfork. (A 32-bit program's is not recognised: its numbers are others.)
std::optional<native::GeneralRegs> asleep_in_vfork(const Task& task) {
  const auto status = sys::task_status(task.id.tid);
  if (!status || status->state != 'D') return std::nullopt;
  const auto call = sys::blocked_call_of(task.id.tid);
  if (!call || !*call) return std::nullopt;
  const auto regs = guess(**call);
  const auto flags = sys::clone_flags(
      regs, [&](Addr address, std::span<std::byte> out) { return task.space->read(address, out); });
  if (!flags || (*flags & CLONE_VFORK) == 0) return std::nullopt;
  return regs;
}

}  // namespace

void note_sleep(World& world, Task& task) {
  if (task.dead || task.generation != 0 || task.newborn || task.state != TaskState::running) return;
  auto regs = asleep_in_vfork(task);
  if (!regs) return;
  task.regs = task.guessed = *regs;
  world.set_state(task, TaskState::in_vfork);
  world.defer([&world, id = task.id] {
    if (Task* still = world.find(id)) finish_stop(world, *still);
  });
}

// As long as some stop from one look to the next, the others may only be waiting for a processor.
static void look_when_no_more_stop(World& world, std::size_t before) {
  world.sleepers = world.reactor.at(base::Reactor::Clock::now() + time_to_stop, [&world, before] {
    std::vector<Task*> awaited;
    for (Task* task : world.all()) {
      if (task->interrupted && task->state == TaskState::running && task->generation == 0)
        awaited.push_back(task);
    }
    if (!awaited.empty() && awaited.size() < before) return look_when_no_more_stop(world, awaited.size());
    for (Task* task : awaited) note_sleep(world, *task);
  });
}

void look_for_sleepers(World& world) {
  if (!world.sleepers.active()) look_when_no_more_stop(world, std::numeric_limits<std::size_t>::max());
}

void merge_guessed_registers(Task& task) {
  const auto guessed = std::exchange(task.guessed, std::nullopt);
  if (!guessed || !task.regs_dirty || !task.regs || !task.stopped) return;
  auto real = task.stopped->general_regs();
  if (!real) return;
  constexpr std::size_t count = sizeof(native::GeneralRegs) / sizeof(std::uint64_t);
  using Words = std::array<std::uint64_t, count>;
  auto merged = std::bit_cast<Words>(*real);
  const auto before = std::bit_cast<Words>(*guessed);
  const auto written = std::bit_cast<Words>(*task.regs);
  for (std::size_t i = 0; i < count; ++i) {
    if (written[i] != before[i]) merged[i] = written[i];
  }
  task.regs = std::bit_cast<native::GeneralRegs>(merged);
}

}  // namespace cotrace::trace
