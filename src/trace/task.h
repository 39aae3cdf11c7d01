// What the core knows of one kernel thread, and of the process it belongs to.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <cotrace/engine.h>
#include <cotrace/event.h>
#include <cotrace/ids.h>

#include "arch/native.h"
#include "linux/ptrace.h"
#include "trace/address_space.h"
#include "trace/core.h"

namespace cotrace::trace {

struct ThreadGroup;

// An engine on a task. Left in place when it detaches while reports are under way (`engine` is null then), so
// that no index into the list goes wrong.
struct Attachment {
  Engine* engine{nullptr};
  EventMask events;
  bool threads{true};
  bool holds{false};
  bool quiesce{false};                          // Quiesced is owed as soon as the task stands
  ResumeAction wish{ResumeAction::resume};      // until the engine next hears of the task
  std::optional<GivenInstruction> instruction;  // to be stepped; until that has been done
  std::optional<SignalVerdict> signal;          // on the signal that the task stands with
  bool rehit{false};    // the hit at the current pc is to be reported to this engine again
  bool trapped{false};  // a trap of this stop has been reported to it: one is enough
};

// The copy of an instruction that a task steps to get past a site.
struct Passage {
  arch::native::Relocated copy;
  std::uint64_t saved_spare{0};
  bool in_slot{false};              // in the scratch slot; else on the vdso's own system call
  bool in_place{false};             // where it belongs, the site lifted and all others standing
  std::vector<std::byte> replaced;  // of the memory, by a given instruction that is stepped in place
  bool masked{false};               // signals are held off: the old mask is in saved_mask
  std::uint64_t saved_mask{0};
};

// A signal that arrived, or was to be delivered, while the task had to get past a site first. Its turn comes
// after that.
struct DeferredSignal {
  SigInfo info;
  bool reported{false};  // the engines have had their say
};

struct Task {
  TaskId id;
  ThreadGroup* group{nullptr};
  std::shared_ptr<AddressSpace> space;
  TaskState state{TaskState::running};
  std::optional<sys::StoppedTask> stopped;  // the permission, while state is `stopped`
  std::vector<Attachment> attachments;      // in attach order

  // --- the stop it stands in ---
  std::uint64_t generation{0};
  std::optional<SigInfo> signal;  // signal-delivery-stop of a signal that is (perhaps) to be delivered
  bool can_inject{false};         // any signal-delivery-stop: a signal may be given with the resume
  bool in_syscall_stop{false};
  bool in_call{false};         // at an event in the middle of a system call (clone, vfork done)
  bool job_stopped{false};     // in a group-stop: goes on with PTRACE_LISTEN
  std::optional<Addr> hit_at;  // the breakpoint hit at this pc has been reported
  std::optional<DeferredSignal> deferred;
  int inject{0};  // signal to deliver although none arrived

  // --- registers: read once, written once ---
  std::optional<arch::native::GeneralRegs> regs;
  bool regs_dirty{false};
  std::optional<std::vector<std::byte>> xstate;
  bool xstate_dirty{false};
  std::optional<arch::native::GeneralRegs> guessed;  // what `regs` began with, see note_sleep()
  std::uint64_t debug_version{0};
  arch::native::DebugRegisters debug_applied;

  // --- how it was last resumed ---
  bool stepping{false};  // single- or block-stepped for engines
  Addr stepped_from;
  std::vector<std::byte> stepped_code;  // what an engine gave to be stepped there
  std::uint64_t stepped_from_sp{0};
  std::uint64_t stepped_from_flags{0};
  bool step_over_syscall{false};      // a step that passes a traced system call: done at its exit
  bool interrupted{false};            // a PTRACE_INTERRUPT is under way
  bool fetching_trap{false};          // resumed only to collect a trap or a signal that was already pending
  bool freshly_seized{false};         // its first stop since then has not been seen
  bool entering_trap_handler{false};  // see run_as_wished()
  std::optional<Passage> passage;
  std::vector<int> injected;    // sent by us; pass unreported when they arrive
  bool syscall_entered{false};  // the next system-call stop is an exit
  std::uint64_t syscall_number{0};
  std::optional<std::int64_t> aborted_result;  // what the aborted call is to return

  // --- birth and death ---
  std::uint32_t options{0};         // PTRACE_O_... in force; 0: not known
  bool dies_with_us{false};         // PTRACE_O_EXITKILL
  bool in_exec{false};              // stands at its exec event: the system call has still to return
  bool newborn{false};              // its first stop has not been seen
  bool is_sibling{false};           // made with CLONE_PARENT
  std::optional<TaskId> creator;    // of a newborn
  std::optional<Tid> awaits_child;  // stands at its clone event until the child has stopped
  event::Cloned cloned{};           // what to report then
  std::optional<std::pair<Addr, Addr>>
      child_pc;             // the child's pc, if it is the first, is to become the second
  bool vfork_event{false};  // that event was PTRACE_EVENT_VFORK
  bool exiting{false};      // past PTRACE_EVENT_EXIT
  bool releasing{false};    // to be detached at its next stop

  // --- reports under way ---
  int reporting{0};
  bool dead{false};  // out of the tables; kept alive until reports are done

  [[nodiscard]] Attachment* find(const Engine& engine);
  [[nodiscard]] bool attached() const;
  [[nodiscard]] bool held() const;
  [[nodiscard]] bool wants(EventKind kind) const;
};

struct ThreadGroup {
  Pid pid;
  std::vector<Task*> tasks;
  bool threaded{false};  // it has, or since its last exec has had, more than one thread
};

}  // namespace cotrace::trace
