// One mm: its memory, its breakpoint sites, its hardware points, and the place where instructions are stepped
// out of line.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "linux/memory.h"
#include "trace/site.h"

namespace cotrace::trace {

struct Task;

// A hardware breakpoint or a watchpoint, which takes one or more debug registers on every task of the space.
struct HardwarePoint {
  Engine* engine{nullptr};
  PointId point;
  Addr address;
  std::vector<arch::native::DebugSlot> slots;
  std::shared_ptr<Condition> condition;
};

class AddressSpace {
 public:
  AddressSpace() = default;
  AddressSpace(const AddressSpace&) = delete;
  AddressSpace& operator=(const AddressSpace&) = delete;

  std::set<Task*> tasks;   // those the core traces
  std::size_t running{0};  // how many of them run
  SiteTable sites;
  bool had_sites{false};  // ever: a thread may have run into one that is gone now
  // Every task that runs here is traced, but for those that ptrace does not show (CLONE_UNTRACED). Not so
  // after an attach (a vfork or CLONE_VM may have been before) nor once a task was let go while others stay.
  bool complete{true};
  std::vector<HardwarePoint> hardware;
  arch::native::DebugRegisters debug;  // what `hardware` adds up to
  std::uint64_t debug_version{0};      // changes with `debug`

  // --- memory; opened at the first use ---
  // What the program would read: sites and scratch hidden.
  Result<std::size_t> read(Addr address, std::span<std::byte> out);
  Result<> write(Addr address, std::span<const std::byte> bytes);
  // What is really there.
  Result<std::size_t> read_raw(Addr address, std::span<std::byte> out);
  Result<> write_raw(Addr address, std::span<const std::byte> bytes);

  // --- sites ---
  // Plants one or finds it (a stale one comes back to life without a write).
  Result<Site*> plant(Addr address);
  // Takes the breakpoint out of memory and forgets the site.
  void lift(Addr address);
  void lift_stale();
  // Puts the bytes of an owned site back or in again, for a step in place.
  void uncover(const Site& site);
  void cover(const Site& site);

  // --- the scratch slot: in the executable page that the program's code ends in, behind the code ---
  // One task at a time; nothing if the slot is in use (the task is queued) or the program has none.
  enum class SlotAnswer : std::uint8_t { taken, busy, none };
  SlotAnswer take_slot(Task& task);
  [[nodiscard]] Addr slot_address() const { return slot_address_; }
  Result<> fill_slot(std::span<const std::byte> code);
  // Restores the program's bytes; the next waiting task, if any.
  Task* give_slot_back(Task& task);
  void forget(Task& task);  // the task is leaving the space, whatever it had

  // A `syscall` (or, for 32-bit programs, `int 0x80`) instruction in the vdso, where a site on such an
  // instruction is passed: any number of tasks may sleep in a system call there at once.
  std::optional<Addr> vdso_syscall(arch::native::Mode mode);

  // The task that steps in place while all others of the space stand.
  Task* exclusive{nullptr};

 private:
  Result<sys::ProcessMemory*> memory();
  void find_slot();
  std::optional<Addr> padding_of(Addr program_headers, std::uint64_t count,
                                 std::optional<std::uint64_t> bias);
  // One byte of code, wherever it is kept at the moment.
  Result<> poke(Addr address, std::byte value);

  std::optional<sys::ProcessMemory> memory_;
  bool slot_searched_{false};
  Addr slot_address_;
  bool slot_usable_{false};
  Task* slot_user_{nullptr};
  std::deque<Task*> slot_waiters_;
  std::vector<std::byte> slot_original_;  // not empty: the slot holds a copy of an instruction
  std::optional<std::optional<Addr>> vdso_syscall_[2];
};

}  // namespace cotrace::trace
