// The memory of another process, in bulk, without stopping it: /proc/PID/mem.
#pragma once

#include <cstddef>
#include <span>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "base/fd.h"

namespace cotrace::sys {

// Open on one address space. It stays on that address space: after an exec a new one must be opened (the old
// one is empty: gone). Reads and writes pass page protections the way a debugger's do (FOLL_FORCE).
//
// process_vm_readv(2) would do without a descriptor, but it heeds page protections: it cannot write a
// breakpoint into code, nor read what is mapped without read permission.
class ProcessMemory {
 public:
  static Result<ProcessMemory> open(Tid tid);

  // Reads or writes what can be from `address` on; the count may be short at the end of a mapping. Errors:
  // unmapped (nothing there), gone (the address space has no user any more), not_permitted (write: readable,
  // but the kernel lets nobody write there). Needs no stopped task. No bytes asked for: 0.
  Result<std::size_t> read(Addr address, std::span<std::byte> out) const;
  Result<std::size_t> write(Addr address, std::span<const std::byte> bytes) const;

 private:
  explicit ProcessMemory(base::Fd fd) : fd_(std::move(fd)) {}
  base::Fd fd_;
};

}  // namespace cotrace::sys
