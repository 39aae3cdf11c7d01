#include "native/system_facts.h"

#include <algorithm>

#include "linux/proc.h"
#include "native/link_map.h"

namespace cotrace::native {

using session::SystemFacts;

// lldb takes the ABI, and with it the names of the registers, from the triple.
SystemFacts::Machine machine_of_words(unsigned pointer_size) {
  return {.triple = pointer_size == 8 ? "x86_64-pc-linux-gnu" : "i386-pc-linux-gnu",
          .system = "linux",
          .pointer_size = pointer_size,
          .big_endian = false};
}

Result<SystemFacts::Machine> NativeSystemFacts::host() {
  return machine_of_words(8);
}

Result<SystemFacts::Identity> NativeSystemFacts::process(Pid pid) {
  const auto task = client_.memory_of({pid, leader_of(pid)});
  if (!task) return std::unexpected(task.error());
  const auto status = sys::task_status(task->tid);
  if (!status) return std::unexpected(status.error());
  const auto auxv = sys::auxv_of(task->tid);
  if (!auxv) return std::unexpected(auxv.error());
  return Identity{.parent = status->parent,
                  .uid = status->uid,
                  .gid = status->gid,
                  .euid = status->euid,
                  .egid = status->egid,
                  .machine = machine_of_words(static_cast<unsigned>(word_size_of(*auxv)))};
}

Result<SystemFacts::Region> NativeSystemFacts::region(Pid pid, Addr address) {
  const auto task = client_.memory_of({pid, leader_of(pid)});
  if (!task) return std::unexpected(task.error());
  const auto maps = sys::maps_of(task->tid);
  if (!maps) return std::unexpected(maps.error());
  // In the order of their addresses, and without overlaps.
  const auto next = std::ranges::upper_bound(*maps, address, {}, &sys::Mapping::end);
  if (next != maps->end() && next->start <= address) {
    return Region{.start = next->start,
                  .end = next->end,
                  .mapped = true,
                  .read = next->read,
                  .write = next->write,
                  .execute = next->execute,
                  .name = next->path};
  }
  // A gap, up to what comes next.
  return Region{.start = next == maps->begin() ? Addr{0} : std::prev(next)->end,
                .end = next == maps->end() ? Addr{~std::uint64_t{0}} : next->start,
                .mapped = false};
}

}  // namespace cotrace::native
